package dev.pulpo.engine;

import java.nio.file.Path;

/** A tool that applies and reverts until it is killed; run by {@link HazardTest} in a JVM of its own. */
final class ApplyForever {
    private ApplyForever() {}

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer");
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
