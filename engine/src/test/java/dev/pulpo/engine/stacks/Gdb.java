package dev.pulpo.engine.stacks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One gdb, which looks at stopped processes again and again: symbols that it has read once it keeps. It leaves a process
 * stopped that was. Ends when it is closed. Not thread-safe.
 */
final class Gdb implements AutoCloseable {
    /** DWARF numbers of the registers that the script prints of each frame, in its order. */
    private static final int[] REGISTERS = {7, 3, 6, 12, 13, 14, 15};
    private static final int FIRST_REGISTER = 3;

    private final Process process;
    private final BufferedReader output;
    private final Path errors;

    /**
     * A frame.
     *
     * @param registers those that gdb knows, by DWARF number
     * @param function  its name, mangled where it has been mangled; empty where gdb knows none
     */
    record Frame(long pc, boolean signal, Map<Integer, Long> registers, String function) {}

    /** A stack, and why gdb says that it ends. */
    record Stack(List<Frame> frames, String end) {}

    /** @param directory takes its script, and what it complains about */
    Gdb(Path directory) throws IOException {
        Path script = directory.resolve("gdb_stacks.py");
        try (InputStream in = Gdb.class.getResourceAsStream("/stacks/gdb_stacks.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        errors = directory.resolve("gdb.err");
        process = new ProcessBuilder("gdb", "-nx", "-q", "-batch", "-x", script.toString())
                .redirectError(errors.toFile()).start();
        output = process.inputReader(StandardCharsets.UTF_8);
        answer("ready");
    }

    /** The stacks of all threads, by thread id. */
    Map<Integer, Stack> stacks(int pid) throws IOException {
        process.getOutputStream().write((pid + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        Map<Integer, Stack> threads = new LinkedHashMap<>();
        List<Frame> frames = new ArrayList<>();
        int thread = 0;
        for (String line : answer("end")) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "thread" -> {
                    thread = Integer.parseInt(words[1]);
                    frames = new ArrayList<>();
                }
                case "frame" -> frames.add(frame(words));
                case "stop" -> threads.put(thread, new Stack(frames, line.substring("stop ".length())));
                case "failed" -> throw new IOException("gdb cannot look at process " + pid + ": " + line);
                default -> {
                    // What gdb itself says of where a thread is.
                }
            }
        }
        return threads;
    }

    private static Frame frame(String[] words) {
        Map<Integer, Long> registers = new LinkedHashMap<>();
        for (int i = 0; i < REGISTERS.length; i++) {
            if (!words[FIRST_REGISTER + i].equals("-")) {
                registers.put(REGISTERS[i], Long.parseUnsignedLong(words[FIRST_REGISTER + i], 16));
            }
        }
        String function = words[FIRST_REGISTER + REGISTERS.length];
        return new Frame(Long.parseUnsignedLong(words[1], 16), words[2].equals("signal"), registers,
                function.equals("-") ? "" : function);
    }

    private List<String> answer(String last) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = output.readLine(); !last.equals(line); line = output.readLine()) {
            if (line == null) {
                throw new IOException("gdb has ended: " + Files.readString(errors));
            }
            lines.add(line);
        }
        return lines;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
