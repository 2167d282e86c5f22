package dev.pulpo.examples.benchmark;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * All that the page tells.
 *
 * @param quick   whether sizes were small
 * @param began   when the run began
 * @param took    how long it took
 * @param machine what was measured on
 * @param before  what the machine did besides, before the first measurement
 * @param after   the same, after the last one
 * @param grids   the measurements
 * @param remarks what else there is to say: a peer that is not here, results of other programs
 */
record Measured(boolean quick, Instant began, Duration took, List<String> machine, Noise before, Noise after,
        List<Grid> grids, List<String> remarks) {
    Measured {
        machine = List.copyOf(machine);
        grids = List.copyOf(grids);
        remarks = List.copyOf(remarks);
    }
}
