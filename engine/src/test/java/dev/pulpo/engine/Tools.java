package dev.pulpo.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Programs that tests run to their end. */
public final class Tools {
    private Tools() {}

    /** Runs a command, and returns what it prints. */
    public static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + "\n" + output);
        }
        return output;
    }
}
