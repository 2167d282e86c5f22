/**
 * Benchmarks: {@link dev.pulpo.examples.benchmark.StopBenchmark} measures stops,
 * {@link dev.pulpo.examples.benchmark.DetourBenchmark} calls through detours,
 * {@link dev.pulpo.examples.benchmark.ProbeBenchmark} probes beside those of other tools, and
 * {@link dev.pulpo.examples.benchmark.DebugBenchmark} queries of debug information.
 */
@NullMarked
package dev.pulpo.examples.benchmark;

import org.jspecify.annotations.NullMarked;
