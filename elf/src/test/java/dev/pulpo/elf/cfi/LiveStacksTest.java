package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.Needed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks every stack of a process, as gdb left it on disk, and compares each register of each frame with gdb's. The
 * process has threads in recursion, in signal handlers, in callbacks of libc, in the vDSO, in the linkage table, with a
 * realigned stack and with a stack of its own making.
 */
class LiveStacksTest {
    private static final int[] PRESERVED = {16, 7, 3, 6, 12, 13, 14, 15};

    @TempDir
    private Path directory;

    private int frames;
    private final Set<String> functions = new HashSet<>();

    /** What gdb dumped, by address. */
    private static final class Dump implements StackMemory {
        private final TreeMap<Long, ByteBuffer> parts = new TreeMap<>();

        @Override
        public boolean read(long address, int size, long[] into, int index) {
            Map.Entry<Long, ByteBuffer> part = parts.floorEntry(address);
            if (part == null || address - part.getKey() > part.getValue().capacity() - size) {
                return false;
            }
            int at = (int) (address - part.getKey());
            long value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | (part.getValue().get(at + i) & 0xff);
            }
            into[index] = value;
            return true;
        }
    }

    @Test
    void stacksAreThoseThatGdbSees() throws IOException, InterruptedException {
        Needed.commands("gdb");
        resource("stacks.c");
        resource("stacks.py");
        run("gcc", "-O2", "-fcf-protection=none", "-Wl,-z,lazy", "-o", "stacks", "stacks.c", "-pthread");
        run("gdb", "-nx", "-batch", "-x", "stacks.py", "./stacks");
        for (String snapshot : List.of("before-plt", "in-plt", "later-in-plt")) {
            compare(directory.resolve(snapshot));
        }
        System.out.println("gdb: " + frames + " frames compared");
        assertThat(frames).isGreaterThan(200);
        assertThat(functions).contains("getppid@plt", "main", "_start", "__restore_rt", "faulting", "realigned",
                "asking_the_time", "in_context", "recurse", "compare");
    }

    private void compare(Path snapshot) throws IOException {
        Dump memory = new Dump();
        List<LoadedCfi> objects = new ArrayList<>();
        load(snapshot, memory, objects);
        Unwinder unwinder = new Unwinder(CfiMap.of(objects), memory);
        List<String[]> expected = new ArrayList<>();
        long[] registers = {};
        for (String line : Files.readAllLines(snapshot.resolve("threads"))) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("thread")) {
                compare(unwinder, registers, expected);
                expected.clear();
                registers = Stream.of(words).skip(2).mapToLong(word -> Long.parseUnsignedLong(word, 16)).toArray();
            } else {
                expected.add(words);
            }
        }
        compare(unwinder, registers, expected);
    }

    private void compare(Unwinder unwinder, long[] registers, List<String[]> expected) {
        if (expected.isEmpty()) {
            return;
        }
        unwinder.start(registers);
        for (int i = 0; i < expected.size(); i++) {
            String[] frame = expected.get(i);
            String what = "frame " + i + " " + String.join(" ", frame);
            functions.add(frame[1]);
            for (int j = 0; j < PRESERVED.length; j++) {
                String value = frame[2 + j];
                if (!value.equals("-")) {
                    assertThat(unwinder.isKnown(PRESERVED[j])).as(what).isTrue();
                    assertThat(Long.toHexString(unwinder.register(PRESERVED[j])))
                            .as(what + ": " + DwarfRegisters.name(PRESERVED[j])).isEqualTo(value);
                }
            }
            frames++;
            Step step = unwinder.step();
            if (frame[1].equals("?") && i > 0 && expected.get(i - 1)[1].equals("in_context")) {
                // The function that makecontext returns to: its call frame information begins behind the return
                // address. gdb guesses from here on. A function of the vDSO may have no name, either.
                assertThat(unwinder.end()).as(what).isEqualTo(new UnwindEnd.NoCfi(unwinder.pc()));
                return;
            }
            boolean isLast = i == expected.size() - 1;
            assertThat(step).as(what).isEqualTo(isLast ? Step.OUTERMOST : Step.CALLER);
            if (!isLast) {
                assertThat(unwinder.leftSignalFrame()).as(what).isEqualTo(frame[1].equals("__restore_rt"));
            }
        }
        assertThat(unwinder.end()).isEqualTo(new UnwindEnd.Outermost(unwinder.pc()));
    }

    private static void load(Path snapshot, Dump memory, List<LoadedCfi> objects) throws IOException {
        Map<String, Long> biases = new TreeMap<>();
        for (String line : Files.readAllLines(snapshot.resolve("maps"))) {
            String[] fields = line.split(" +", -1);
            String[] range = fields[0].split("-", 2);
            long start = Long.parseUnsignedLong(range[0], 16);
            long end = Long.parseUnsignedLong(range[1], 16);
            Path dumped = snapshot.resolve(range[0]);
            if (Files.exists(dumped)) {
                memory.parts.put(start, ByteBuffer.wrap(Files.readAllBytes(dumped)).order(ByteOrder.LITTLE_ENDIAN));
            }
            String path = fields.length > 5 ? fields[5] : "";
            if (path.startsWith("/")) {
                biases.putIfAbsent(path, start);
                if (fields[1].contains("x")) {
                    try (ElfFile file = ElfFile.open(Path.of(path))) {
                        objects.add(new LoadedCfi(CfiTable.of(file), biases.get(path), start, end));
                    }
                }
            } else if (path.equals("[vdso]")) {
                objects.add(new LoadedCfi(vdso(Files.readAllBytes(dumped), start), start, start, end));
            }
        }
    }

    /** The vDSO, read once as the file that it is and once as memory without section headers: the rows are the same. */
    private static CfiTable vdso(byte[] bytes, long start) {
        ByteSource source = ByteSource.of(bytes);
        CfiTable asFile = CfiTable.of(ElfFile.of(source, "[vdso]"));
        CfiTable asMemory = CfiTable.of(ElfFile.ofImage(source, "[vdso]", new LinkAddress(0), start));
        assertThat(asFile.rowCount()).isPositive().isEqualTo(asMemory.rowCount());
        for (int i = 0; i < asFile.rowCount(); i++) {
            assertThat(asMemory.row(asFile.rowStart(i))).isEqualTo(asFile.row(asFile.rowStart(i)));
        }
        return asMemory;
    }

    private void resource(String name) throws IOException {
        try (InputStream in = LiveStacksTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            Files.copy(in, directory.resolve(name));
        }
    }

    private void run(String... command) throws IOException, InterruptedException {
        Path log = directory.resolve("log");
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(String.join(" ", command)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }
}
