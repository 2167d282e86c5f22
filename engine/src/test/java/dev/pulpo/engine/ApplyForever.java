package dev.pulpo.engine;

import java.nio.file.Path;

/**
 * A tool that applies and reverts until it is killed; run by tests in a JVM of its own. Arguments: pid, file, and where
 * they are not those of libanswer.so: target, function, replacement.
 */
final class ApplyForever {
    private ApplyForever() {}

    public static void main(String[] arguments) throws Exception {
        boolean other = arguments.length > 2;
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target(other ? arguments[2] : "libanswer.so")
                .replace(other ? arguments[3] : "answer", other ? arguments[4] : "fixed_answer");
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            System.out.print("b");
            System.out.flush();
            while (true) {
                process.apply(patch);
                process.revert(patch.id());
            }
        }
    }
}
