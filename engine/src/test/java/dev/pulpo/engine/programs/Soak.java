package dev.pulpo.engine.programs;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Applies and reverts patches of a program that is under load, again and again. */
final class Soak {
    private static final int MOST_MORE = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final List<Part> plan;
    /** What the program has mapped with all patches. */
    private Mapped inForce = new Mapped(0, 0, 0);

    /**
     * @param name of the program
     * @param plan what is patched in it
     */
    Soak(String name, List<Part> plan) {
        this.name = name;
        this.plan = plan;
    }

    /** What is patched in the program. */
    List<Part> plan() {
        return plan;
    }

    /**
     * Functions of one object.
     *
     * @param target    the object, as a patch names it
     * @param functions those of them that can be replaced are
     */
    record Part(String target, List<String> functions) {}

    /**
     * What came of it.
     *
     * @param functions how many functions were replaced at a time
     * @param rounds    how often
     * @param answers   how many answers of the program came meanwhile, all of them right
     * @param generated how many requests of a load generator were answered meanwhile
     * @param blocked   in how many rounds threads stood in the way until the deadline
     * @param before    what the program has mapped after the first tenth of the rounds, or the first one
     * @param inForce   what it has mapped with the patches
     * @param after     what it has mapped after the last round; no more if nothing leaks and nothing is kept
     * @param kept      how many reverted patches were still loaded then: a word that is left over on a stack could lead into
     *                  them
     */
    record Report(String name, int functions, int rounds, long answers, long generated, int blocked, Mapped before,
            Mapped inForce, Mapped after, int kept) {
        @Override
        public String toString() {
            return name + ": " + functions + " functions, " + rounds + " rounds, " + answers + " answers checked, "
                    + (generated == 0 ? "" : generated + " generated requests answered, ") + "none wrong or missing; "
                    + blocked + " blocked; " + before + " -> " + after + "; " + kept + " kept";
        }
    }

    /**
     * What a process has mapped.
     *
     * @param ranges     how many lines its list of mappings has
     * @param bytes      of all of them
     * @param executable bytes of those with code; patches and trampolines are such
     */
    record Mapped(int ranges, long bytes, long executable) {
        static Mapped of(int pid) {
            try {
                List<String[]> lines = Files.readString(Path.of("/proc/" + pid + "/maps"), StandardCharsets.UTF_8)
                        .lines().filter(line -> !line.startsWith("ffffffff")).map(line -> line.split(" ", 3)).toList();
                return new Mapped(lines.size(), lines.stream().mapToLong(Mapped::size).sum(),
                        lines.stream().filter(line -> line[1].contains("x")).mapToLong(Mapped::size).sum());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static long size(String[] line) {
            String[] range = line[0].split("-", 2);
            return Long.parseLong(range[1], 16) - Long.parseLong(range[0], 16);
        }

        @Override
        public String toString() {
            return bytes / 1024 + " KiB (" + executable / 1024 + " with code) in " + ranges + " mappings";
        }
    }

    /** Runs, and fails where the program does. */
    Report run(Program program, Path directory, int rounds) {
        try (LiveProcess process = LiveProcess.attach(program.pid())) {
            await(program, program.answers() + 20);
            process.inject();
            PassThrough pass = new PassThrough(directory);
            List<LivePatch> patches = plan.stream()
                    .map(part -> pass.patch(process, part.target, part.functions)).toList();
            // The first rounds leave what the loader keeps for good: names, and room in its tables. And the program under
            // load needs some time until it has all the memory that it needs.
            int blocked = 0;
            Mapped before = Mapped.of(program.pid());
            int keptBefore = 0;
            for (int i = 0; i < rounds; i++) {
                blocked += round(process, program, patches) ? 0 : 1;
                if (i <= rounds / 10 || keptBefore > 0) {
                    keptBefore = letGo(process, program, patches);
                    before = Mapped.of(program.pid());
                }
            }
            int kept = Math.max(keptBefore, letGo(process, program, patches));
            Mapped after = Mapped.of(program.pid());
            check(program);
            return new Report(name, patches.stream().mapToInt(patch -> patch.replacements().size()).sum(), rounds,
                    program.answers(), program.generated(), blocked, before, inForce, after, kept);
        }
    }

    /** Whether no thread stood in the way for good. */
    private boolean round(LiveProcess process, Program program, List<LivePatch> patches) {
        boolean all = true;
        for (LivePatch patch : patches) {
            all &= apply(process, patch);
        }
        await(program, program.answers() + 5);
        inForce = Mapped.of(program.pid());
        for (int i = patches.size() - 1; i >= 0; i--) {
            LivePatch patch = patches.get(i);
            boolean applied = process.patches().stream().anyMatch(one -> one.id().equals(id(patch)));
            if (applied) {
                all &= revert(process, patch);
            }
        }
        await(program, program.answers() + 5);
        return all;
    }

    /**
     * Some further rounds, as long as something keeps a patch loaded. What a thread has left on its stack may: it is gone when
     * the thread has gone on.
     *
     * @return how many patches are still loaded all the same
     */
    private int letGo(LiveProcess process, Program program, List<LivePatch> patches) {
        for (int i = 0; i < MOST_MORE && !process.leftovers().isEmpty(); i++) {
            round(process, program, patches);
        }
        return process.leftovers().size();
    }

    private static boolean apply(LiveProcess process, LivePatch patch) {
        try {
            Outcome outcome = process.apply(process.plan(patch), Consistency.functionQuiescent(PATIENCE));
            if (outcome.functions().size() != patch.replacements().size()) {
                throw new AssertionError(outcome);
            }
            return true;
        } catch (BlockedException inTheWay) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A patch must not stay in force: it is tried until it goes. It stays loaded only where a word is named that holds it. */
    private static boolean revert(LiveProcess process, LivePatch patch) {
        for (int i = 0; i < 3; i++) {
            try {
                Outcome outcome = process.revert(id(patch), Consistency.functionQuiescent(PATIENCE));
                if (!outcome.unloaded() && outcome.held().isEmpty()) {
                    throw new AssertionError("not unloaded: " + process.messages());
                }
                return i == 0;
            } catch (BlockedException inTheWay) {
                if (i == 2) {
                    throw inTheWay;
                }
            }
        }
        throw new AssertionError();
    }

    private static dev.pulpo.engine.PatchId id(LivePatch patch) {
        try {
            return patch.id();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the program has given so many answers, and fails where one is wrong. */
    private void await(Program program, long answers) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (program.answers() < answers) {
            check(program);
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(name + " has stopped to answer after " + program.answers());
            }
            Thread.onSpinWait();
        }
        check(program);
    }

    private void check(Program program) {
        if (!program.failures().isEmpty()) {
            throw new AssertionError(name + " after " + program.answers() + " answers: " + program.failures());
        }
    }
}
