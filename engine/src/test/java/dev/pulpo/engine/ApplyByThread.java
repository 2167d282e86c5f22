package dev.pulpo.engine;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A tool that lets the threads of a process change to a patch one after the other, and waits for them; run by tests in a JVM
 * of its own. Arguments: pid, file, target, and replacements such as {@code old=new}.
 */
final class ApplyByThread {
    private ApplyByThread() {}

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target(arguments[2]);
        for (int i = 3; i < arguments.length; i++) {
            Replacement replacement = Replacement.parse(arguments[i]);
            patch = patch.replace(replacement.function(), replacement.replacement());
        }
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            process.apply(process.plan(patch), Consistency.perThread(Duration.ofMinutes(5)));
        }
    }
}
