package dev.pulpo.examples.benchmark;

import java.time.Duration;
import java.util.List;

/**
 * How much is measured.
 *
 * @param limit        of one experiment
 * @param warmUp       of the JVM, before a stop is measured
 * @param rounds       repetitions of what takes milliseconds
 * @param spinRounds   repetitions on threads that spin
 * @param commands     repetitions of a command, and of what busy threads lose
 * @param threads      of one process
 * @param functions    of one patch
 * @param processes    that get a patch together
 * @param megabytes    of code in a library
 * @param patches      in one process
 * @param libraries    in one process
 * @param largestOnce  whether the last size of each list is measured once
 */
record Sizes(Duration limit, Duration warmUp, int rounds, int spinRounds, int commands, List<Integer> threads,
        List<Integer> functions, List<Integer> processes, List<Integer> megabytes, List<Integer> patches,
        List<Integer> libraries, boolean largestOnce) {
    /** The tables in the terminal. */
    static final Sizes TABLES = new Sizes(Duration.ofMinutes(5), Duration.ofSeconds(4), 100, 100, 15,
            List.of(1, 16, 100, 128, 1000), List.of(1, 100, 1000), List.of(), List.of(), List.of(), List.of(), false);

    static final Sizes FULL = new Sizes(Duration.ofMinutes(5), Duration.ofSeconds(4), 50, 30, 10,
            List.of(1, 16, 100, 128, 1000, 10_000), List.of(1, 10, 100, 1000, 10_000), List.of(1, 10, 50, 200, 2000),
            List.of(1, 4, 16, 64), List.of(1, 10, 100, 300, 1000), List.of(1, 10, 100, 1000, 3000), true);

    static final Sizes QUICK = new Sizes(Duration.ofSeconds(20), Duration.ofMillis(500), 9, 2, 3,
            List.of(1, 16, 100, 1000), List.of(1, 10, 100, 1000), List.of(1, 10, 50), List.of(1, 3, 9),
            List.of(1, 10, 100), List.of(1, 10, 100, 300), false);

    /** Repetitions of an experiment with this size out of a list. */
    int rounds(List<Integer> sizes, int size) {
        return isOnce(sizes, size) ? 1 : rounds;
    }

    /** Repetitions of a command in an experiment with this size out of a list. */
    int commands(List<Integer> sizes, int size) {
        return isOnce(sizes, size) ? 1 : commands;
    }

    boolean isOnce(List<Integer> sizes, int size) {
        return largestOnce && size == sizes.getLast();
    }
}
