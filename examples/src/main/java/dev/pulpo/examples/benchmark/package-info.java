/**
 * Benchmarks: {@link dev.pulpo.examples.benchmark.StopBenchmark} measures stops,
 * {@link dev.pulpo.examples.benchmark.DetourBenchmark} calls through detours, and
 * {@link dev.pulpo.examples.benchmark.DebugBenchmark} queries of debug information.
 */
@NullMarked
package dev.pulpo.examples.benchmark;

import org.jspecify.annotations.NullMarked;
