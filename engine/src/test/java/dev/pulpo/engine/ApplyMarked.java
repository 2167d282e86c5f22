package dev.pulpo.engine;

import java.nio.file.Path;

/**
 * A tool that applies a patch of libanswer.so once and reverts it, and marks on its standard output what it is at: A, R,
 * and E when it is done. Run by {@link KillSweep} in a JVM of its own. Arguments: pid, file.
 */
final class ApplyMarked {
    private ApplyMarked() {}

    private static void mark(char phase) {
        System.out.write(phase);
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer");
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            mark('A');
            process.apply(patch);
            mark('R');
            process.revert(patch.id());
            mark('E');
        }
    }
}
