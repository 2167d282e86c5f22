package dev.pulpo.engine;

import java.nio.file.Path;

/** A tool that applies one patch and ends; run by tests in a JVM of its own. Arguments: pid, file, target, old, new. */
final class ApplyOnce {
    private ApplyOnce() {}

    public static void main(String[] arguments) throws Exception {
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target(arguments[2]).replace(arguments[3], arguments[4]);
        try (LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[0]))) {
            process.apply(patch);
        }
    }
}
