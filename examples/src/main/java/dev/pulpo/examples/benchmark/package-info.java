/**
 * Benchmarks. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.benchmark.BenchmarkReport} measures everything and writes a page; {@link
 * dev.pulpo.examples.benchmark.Sizes}: how much; {@link dev.pulpo.examples.benchmark.Measured}, {@link
 * dev.pulpo.examples.benchmark.ReportPage}: what it tells;
 * <li>{@link dev.pulpo.examples.benchmark.StopBenchmark} measures stops, {@link
 * dev.pulpo.examples.benchmark.DetourBenchmark} calls through detours and patches of many functions, {@link
 * dev.pulpo.examples.benchmark.CommandBenchmark} commands, beside {@link dev.pulpo.examples.benchmark.Nothing}, {@link
 * dev.pulpo.examples.benchmark.ScalingBenchmark} what grows with processes, code, libraries and patches, {@link
 * dev.pulpo.examples.benchmark.Libpulp} the peer;
 * <li>{@link dev.pulpo.examples.benchmark.Grid}: what all of these return, a table of {@link
 * dev.pulpo.examples.benchmark.Spread}s; {@link dev.pulpo.examples.benchmark.Growth}: how its costs grow; {@link
 * dev.pulpo.examples.benchmark.Noise}: what the machine did besides;
 * <li>{@link dev.pulpo.examples.benchmark.Limits}: the time of an experiment, {@link dev.pulpo.examples.benchmark.Room}:
 * whether the machine can hold it; {@link dev.pulpo.examples.benchmark.Demo}, {@link
 * dev.pulpo.examples.benchmark.GeneratedCode}: what is patched, {@link dev.pulpo.examples.benchmark.Target}: its processes,
 * {@link dev.pulpo.examples.benchmark.Programs}: other programs, {@link dev.pulpo.examples.benchmark.WorkDirectory}: files;
 * <li>by themselves: {@link dev.pulpo.examples.benchmark.ProbeBenchmark} measures probes beside those of other tools, and
 * {@link dev.pulpo.examples.benchmark.DebugBenchmark} queries of debug information.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.benchmark;

import org.jspecify.annotations.NullMarked;
