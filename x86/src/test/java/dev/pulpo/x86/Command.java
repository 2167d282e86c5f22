package dev.pulpo.x86;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs another program to its end. */
final class Command {
    private Command() {}

    /** What the program wrote to its standard output; fails unless it exits with 0. */
    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new IOException("exit status " + status + " of " + List.of(command) + ":\n" + output);
        }
        return output;
    }
}
