package dev.pulpo.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The hazards of {@link HazardSoak} of patches that declare callbacks or shadow variables: tools are killed while a callback
 * runs; a struct grows and shrinks while many threads use it.
 */
final class DeclaringHazards {
    private static final Set<String> HAZARDS = Set.of("callbacks-killed", "shadow");

    private final Path directory;
    private final Victims victims;
    private final HazardSoak.Tally tally;

    DeclaringHazards(Path directory, Victims victims, HazardSoak.Tally tally) {
        this.directory = directory;
        this.victims = victims;
        this.tally = tally;
    }

    static boolean has(String hazard) {
        return HAZARDS.contains(hazard);
    }

    /** @param hang after which a round counts as one that hangs */
    void run(int rounds, Duration hang) throws Exception {
        if (tally.hazard.equals("shadow")) {
            shadow(rounds, hang);
        } else {
            callbacksKilled(rounds);
        }
    }

    /** What is wrong afterwards, {@link Aftermath} finds, and ends what hangs. */
    private void callbacksKilled(int rounds) throws Exception {
        CallbackSweep atOnce = new CallbackSweep(directory, false);
        CallbackSweep byThread = new CallbackSweep(directory, true);
        Called.At[] places = Called.At.values();
        for (int i = 0; i < rounds; i++) {
            CallbackSweep sweep = i / places.length % 2 == 0 ? atOnce : byThread;
            Optional<Aftermath.Wrong> wrong = sweep.killIn(places[i % places.length]);
            wrong.ifPresent(what -> {
                switch (what.harm()) {
                    case DEATH -> tally.deaths++;
                    case HANG, LEFT_STOPPED -> tally.hangs++;
                    case UNTRUE_LIST -> tally.falseSuccesses++;
                    case CORRUPTED -> tally.corrupted++;
                    case NOT_WORKING -> {
                        // It is told below.
                    }
                }
                tally.unexpected.add(what.toString());
            });
            tally.rounds++;
        }
    }

    private void shadow(int rounds, Duration hang) throws Exception {
        GrownStruct struct = new GrownStruct(victims);
        try (RunningServer server = struct.start(true); LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < rounds; i++) {
                RoundWatch watch = new RoundWatch("shadow, round " + (i + 1) + ",", server.pid(), hang);
                try (watch) {
                    round(struct, server, process);
                } catch (PulpoException failed) {
                    tally.unexpected.add(failed.toString());
                } finally {
                    tally.hangs += watch.hung() ? 1 : 0;
                }
                tally.rounds++;
            }
            tally.corrupted += Long.parseLong(server.ask("errors"));
        }
    }

    private void round(GrownStruct struct, RunningServer server, LiveProcess process) throws Exception {
        process.apply(struct.counting(1));
        GrownStruct.goRound(server, 100);
        process.apply(struct.counting(2));
        GrownStruct.goRound(server, 100);
        process.revert(struct.counting(2).id());
        boolean unloaded = process.revert(struct.counting(1).id()).unloaded();
        tally.falseSuccesses += unloaded && !process.shadows().isEmpty() ? 1 : 0;
        if (!unloaded) {
            process.leftovers().forEach(left -> tally.unexpected.add(left.toString()));
        }
    }
}
