package dev.pulpo.x86;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Objects;

/** A process that maps memory, lets bytes be written to it, and runs them: {@code victim.c}. */
final class Victim implements AutoCloseable {
    private final Process process;
    private final PrintStream in;
    private final BufferedReader out;

    Victim(Path directory) throws IOException, InterruptedException {
        Path source = directory.resolve("victim.c");
        try (InputStream text = Objects.requireNonNull(Victim.class.getResourceAsStream("victim.c"))) {
            Files.copy(text, source);
        }
        Path program = directory.resolve("victim");
        Command.run("gcc", "-O1", "-fno-omit-frame-pointer", "-o", program.toString(), source.toString());
        process = new ProcessBuilder(program.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        in = new PrintStream(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        out = process.inputReader(StandardCharsets.US_ASCII);
    }

    void map(CodeAddress start, long length) {
        in.printf("m %x %x%n", start.value(), length);
    }

    void write(CodeBytes code) {
        in.printf("w %x %s%n", code.start().value(), HexFormat.of().formatHex(code.toByteArray()));
    }

    /** What the registers and flags are after a call, as text. */
    String run(CodeAddress code, long... arguments) throws IOException {
        in.printf("r %x %x %x %x %x%n", code.value(), arguments[0], arguments[1], arguments[2], arguments[3]);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the victim ended while it ran " + code);
        }
        return line;
    }

    /** Assembles a text with {@code as}, for an address; symbols are the caller's business. */
    static CodeBytes assemble(Path directory, CodeAddress at, String text) throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("snippet.s"), text + "\n");
        return link(directory, at, "-x", "assembler", source.toString());
    }

    /** Compiles the only function of a C text for an address. */
    static CodeBytes compile(Path directory, CodeAddress at, String text, String... options)
            throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("function.c"), text + "\n");
        String[] all = new String[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = source.toString();
        return link(directory, at, all);
    }

    private static CodeBytes link(Path directory, CodeAddress at, String... inputs)
            throws IOException, InterruptedException {
        Path object = directory.resolve("snippet.o");
        Path text = directory.resolve("snippet.text");
        String[] command = new String[inputs.length + 4];
        System.arraycopy(new String[]{"gcc", "-c", "-o", object.toString()}, 0, command, 0, 4);
        System.arraycopy(inputs, 0, command, 4, inputs.length);
        Command.run(command);
        Command.run("objcopy", "-O", "binary", "--only-section=.text", object.toString(), text.toString());
        return CodeBytes.at(at, Files.readAllBytes(text));
    }

    @Override
    public void close() {
        in.close();
        process.destroy();
    }
}
