package dev.pulpo.engine;

import dev.pulpo.engine.target.MemoryMap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Hazards of reverted patches that something still leads into: each round leaves something, reverts the patch, uses what was
 * left, drops it, and then wants the memory back.
 */
final class HeldHazards {
    /** What is left, by hazard: the kinds of the victim. */
    private static final Map<String, List<String>> KINDS = Map.of("coroutine",
            List.of("coroutine-static", "coroutine-heap", "coroutine-mapped", "coroutine-jump"), "stale-pointer",
            List.of("static", "heap", "packed", "tagged", "mapped", "shared", "sealed", "callback", "register",
                    "vector", "stack", "tls"),
            "shared-memory", List.of("sharer"));

    private final HazardSoak.Tally tally;
    private final Path program;
    private final LivePatch patch;
    private final LivePatch other;

    HeldHazards(Victims victims, HazardSoak.Tally tally) throws IOException, InterruptedException {
        this.tally = tally;
        program = victims.compiled("reach", "reach.c", "-O2", "-g", "-w", "-pthread");
        patch = patch(victims, "held_fix.so");
        other = patch(victims, "free_fix.so");
    }

    static boolean has(String hazard) {
        return KINDS.containsKey(hazard);
    }

    private static LivePatch patch(Victims victims, String name) throws IOException, InterruptedException {
        return LivePatch
                .of(victims.compiled(name, "reach_fix.c", "-O2", "-g", "-w", "-shared", "-fPIC",
                        "-DNAME=\"" + name + '"'))
                .target("exe").replace("give", "fixed");
    }

    /** @param hang after which a round counts as one that hangs */
    void run(int rounds, Duration hang) throws Exception {
        List<String> kinds = KINDS.getOrDefault(tally.hazard, List.of());
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < rounds; i++) {
                RoundWatch watch = new RoundWatch(tally.hazard + ", round " + (i + 1) + ",", server.pid(), hang);
                try (watch) {
                    round(server, process, kinds.get(i % kinds.size()));
                } catch (PulpoException failed) {
                    tally.unexpected.add(failed.toString());
                } finally {
                    tally.hangs += watch.hung() ? 1 : 0;
                }
                tally.rounds++;
            }
        }
    }

    private void round(RunningServer server, LiveProcess process, String kind) throws IOException {
        process.apply(patch);
        server.ask("keep " + kind);
        Outcome reverted = process.revert(patch.id());
        boolean kept = !reverted.unloaded() && !reverted.held().isEmpty() && isMapped(server);
        tally.falseSuccesses += kept && server.ask("ask").equals("nothing") ? 0 : 1;
        String said = server.ask("use");
        String right = kind.equals("callback") ? "called 42" : gives(kind) ? "given by the patch" : "resumed";
        tally.corrupted += said.equals(right) ? 0 : 1;
        server.ask("drop");
        process.apply(other);
        process.revert(other.id());
        process.leftovers().forEach(left -> tally.unexpected.add(kind + ": " + left));
        tally.falseSuccesses += isMapped(server) ? 1 : 0;
    }

    private static boolean gives(String kind) {
        return !kind.startsWith("coroutine") && !kind.equals("sharer");
    }

    private static boolean isMapped(RunningServer server) {
        return MemoryMap.read(server.pid(), server.pid()).mappings().stream()
                .anyMatch(mapping -> mapping.path().endsWith("_fix.so"));
    }
}
