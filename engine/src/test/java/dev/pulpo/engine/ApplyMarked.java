package dev.pulpo.engine;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A tool that applies a patch of libanswer.so once and reverts it, and marks on its standard output what it is at: A, R,
 * and E when it is done. Run by {@link KillSweep} in a JVM of its own. Arguments: pid, file, and "thread" where threads are
 * to change one after the other.
 */
final class ApplyMarked {
    private ApplyMarked() {}

    private static void mark(char phase) {
        System.out.write(phase);
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer");
        Consistency consistency = arguments.length > 2
                ? Consistency.perThread(Duration.ofSeconds(30))
                : Consistency.DEFAULT;
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            mark('A');
            process.apply(process.plan(patch), consistency);
            mark('R');
            process.revert(patch.id(), consistency);
            mark('E');
        }
    }
}
