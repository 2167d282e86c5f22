package dev.pulpo.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The demo server, started as anything but a child of the JVM that patches it. Ends with the test. */
final class DemoServer implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    DemoServer(String preload) throws IOException {
        this(Scripts.DEMO.resolve("server"), preload);
    }

    /** @param program a copy of the server */
    DemoServer(Path program, String preload) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "2", "stdin");
        if (!preload.isEmpty()) {
            builder.environment().put("LD_PRELOAD", preload);
        }
        process = builder.start();
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        output.readLine();
    }

    String pid() {
        return Long.toString(process.pid());
    }

    /** The version that the clients see: that of the second report from now, as the first may be an old one. */
    String says() throws IOException {
        while (output.ready()) {
            output.readLine();
        }
        output.readLine();
        String line = output.readLine();
        return line == null ? "nothing" : line.substring(line.lastIndexOf(' ') + 1);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
