package dev.pulpo.engine;

import java.nio.file.Path;
import java.time.Duration;

/**
 * One of several tools that work on the same process: applies a patch and reverts it so many times, and asks again where
 * another tool is at work. Run in a JVM of its own. Arguments: pid, file, rounds. Prints how often it had to ask again;
 * anything else that happens ends it with an exception.
 */
final class ApplyInTurns {
    private int refused;

    private ApplyInTurns() {}

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer");
        PatchId id = patch.id();
        ApplyInTurns tool = new ApplyInTurns();
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                tool.insist(() -> process.apply(plan(process, patch), Consistency.DEFAULT));
                tool.insist(() -> process.revert(id));
            }
        }
        System.out.println("refused " + tool.refused);
    }

    private static PatchPlan plan(LiveProcess process, LivePatch patch) {
        try {
            return process.plan(patch);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void insist(Runnable work) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            try {
                work.run();
                return;
            } catch (RefusedException e) {
                boolean taken = e.refusals().stream().allMatch(reason -> reason instanceof Refusal.InUse inUse
                        && inUse.message().contains("java") || reason instanceof Refusal.PlanOutdated
                        || reason instanceof Refusal.UnexpectedBytes);
                if (!taken || System.nanoTime() - deadline > 0) {
                    throw e;
                }
                refused++;
                Thread.onSpinWait();
            }
        }
    }
}
