/** Benchmarks: {@link dev.pulpo.examples.benchmark.StopBenchmark} measures how long a target stands still. */
@NullMarked
package dev.pulpo.examples.benchmark;

import org.jspecify.annotations.NullMarked;
