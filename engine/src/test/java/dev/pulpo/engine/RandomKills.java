package dev.pulpo.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills tools at random instants of an apply or a revert, each instant as likely as any other, and looks at what that
 * leaves. As a program: {@code RandomKills [KILLS [SEED [KIND...]]]} (1000), as many of each {@link KillSweep.Kind}.
 */
final class RandomKills {
    private static final int CALIBRATIONS = 3;

    private final KillSweep targets;
    private final Random random;

    /**
     * What came of some kills.
     *
     * @param kills    how many tools were killed
     * @param inRevert how many of them after they had applied the patch
     * @param spared   how many had come to their end before they could be killed; they do not count
     * @param harm     how often what was found that must not be
     * @param failures the same, one line each
     */
    record Report(int kills, int inRevert, int spared, Map<Aftermath.Harm, Integer> harm, List<String> failures) {
        static String header() {
            StringBuilder header = new StringBuilder(
                    String.format("%-32s %6s %9s %6s", "kind", "kills", "in revert", "spared"));
            for (Aftermath.Harm each : Aftermath.Harm.values()) {
                header.append(String.format(" %12s", each.name().toLowerCase(Locale.ROOT)));
            }
            return header.toString();
        }

        String line(KillSweep.Kind kind) {
            StringBuilder line = new StringBuilder(
                    String.format("%-32s %6d %9d %6d", kind, kills, inRevert, spared));
            for (Aftermath.Harm each : Aftermath.Harm.values()) {
                line.append(String.format(" %12d", harm.getOrDefault(each, 0)));
            }
            return line.toString();
        }
    }

    /** @param directory for what is built */
    RandomKills(Path directory, KillSweep.Kind kind, long seed) throws IOException, InterruptedException {
        targets = new KillSweep(directory, kind);
        random = new Random(seed);
    }

    /** Kills so many tools, every other one while it reverts: that takes less time, and would be hit seldom. */
    Report run(int kills) throws IOException, InterruptedException {
        Map<Character, Long> durations = calibrated();
        Map<Aftermath.Harm, Integer> harm = new EnumMap<>(Aftermath.Harm.class);
        List<String> failures = new ArrayList<>();
        int inRevert = 0;
        int spared = 0;
        for (int done = 0; done < kills;) {
            char phase = done % 2 == 0 ? 'A' : 'R';
            long instant = random.nextLong(durations.getOrDefault(phase, 1L));
            try (RunningServer server = targets.start()) {
                String marks = killedTool(server, phase, instant);
                if (marks.contains("E")) {
                    spared++;
                    continue;
                }
                done++;
                inRevert += marks.contains("R") ? 1 : 0;
                targets.judge(server).ifPresent(wrong -> {
                    harm.merge(wrong.harm(), 1, Integer::sum);
                    failures.add("killed " + instant / 1000 + " us after " + phase + ", " + marks + ": " + wrong);
                });
            }
        }
        return new Report(kills, inRevert, spared, harm, failures);
    }

    /** How long an apply and a revert take, in nanoseconds, by their marks: the median of some. */
    private Map<Character, Long> calibrated() throws IOException, InterruptedException {
        List<Long> applies = new ArrayList<>();
        List<Long> reverts = new ArrayList<>();
        for (int i = 0; i < CALIBRATIONS; i++) {
            try (RunningServer server = targets.start()) {
                Process tool = tool(server);
                try {
                    await(tool, 'A');
                    long applying = System.nanoTime();
                    await(tool, 'R');
                    long reverting = System.nanoTime();
                    await(tool, 'E');
                    applies.add(reverting - applying);
                    reverts.add(System.nanoTime() - reverting);
                } finally {
                    tool.destroyForcibly().waitFor();
                }
            }
        }
        applies.sort(null);
        reverts.sort(null);
        return Map.of('A', applies.get(CALIBRATIONS / 2), 'R', reverts.get(CALIBRATIONS / 2));
    }

    private Process tool(RunningServer server) throws IOException {
        return new ProcessBuilder(targets.toolCommand(server.pid())).redirectErrorStream(true).start();
    }

    private static void await(Process tool, char mark) throws IOException {
        int said = tool.getInputStream().read();
        if (said != mark) {
            throw new IllegalStateException("the tool did not say " + mark + " but " + (char) said
                    + new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Kills a tool so many nanoseconds after this phase of its work has begun, and returns how far it had come. */
    private String killedTool(RunningServer server, char phase, long instant)
            throws IOException, InterruptedException {
        Process tool = tool(server);
        try {
            await(tool, 'A');
            if (phase == 'R') {
                await(tool, 'R');
            }
            long began = System.nanoTime();
            while (System.nanoTime() - began < instant) {
                LockSupport.parkNanos(instant - (System.nanoTime() - began));
            }
            // Destroyed otherwise, it would lose what it has said.
            tool.toHandle().destroyForcibly();
            String rest = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return (phase == 'R' ? "AR" : "A") + rest;
        } finally {
            tool.destroyForcibly().waitFor();
        }
    }

    public static void main(String[] arguments) throws Exception {
        int kills = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : System.nanoTime();
        List<KillSweep.Kind> kinds = arguments.length > 2
                ? KillSweep.Kind.parse(List.of(arguments).subList(2, arguments.length))
                : KillSweep.Kind.ALL;
        int failures = 0;
        System.out.println("seed " + seed + "\n" + Report.header());
        for (int i = 0; i < kinds.size(); i++) {
            int share = kills / kinds.size() + (i < kills % kinds.size() ? 1 : 0);
            Report report = new RandomKills(Files.createTempDirectory("random-kills"), kinds.get(i), seed + i)
                    .run(share);
            System.out.println(report.line(kinds.get(i)));
            report.failures().forEach(System.out::println);
            failures += report.failures().size();
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
