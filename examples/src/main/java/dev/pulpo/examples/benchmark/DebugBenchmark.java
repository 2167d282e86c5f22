package dev.pulpo.examples.benchmark;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.FunctionInfo;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Measures queries about a large file with debug information in a JVM that has just started. Other tools are measured in the
 * same run, on the same file.
 */
public final class DebugBenchmark {
    private static final int ADDRESSES = 1_000_000;
    /** The other tools get fewer addresses, because they are slower. */
    private static final int FEWER = 10_000;
    private static final int LOOKUPS = 1_000;

    private DebugBenchmark() {}

    /** Runs with a file, the name of a function in it and the name of a structure as its arguments. */
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        System.out.printf("%s: %d MB, heap of at most %d MB, %d processors%n", file, Files.size(file) >> 20,
                Runtime.getRuntime().maxMemory() >> 20, Runtime.getRuntime().availableProcessors());
        List<LinkAddress> places = pulpo(file, arguments[1], arguments[2]);
        List<String> few = places.stream().limit(FEWER).map(place -> "0x" + Long.toHexString(place.value())).toList();
        Path input = Files.write(Files.createTempFile("addresses", ".txt"), few);
        try {
            tool("gdb: one function", input, "gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                    "info line " + arguments[1], file.toString());
            tool("gdb: layout of one struct", input, "gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                    "ptype /o " + arguments[2], file.toString());
            tool("llvm-dwarfdump: one function", input, "llvm-dwarfdump", "--name=" + arguments[1], file.toString());
            tool("readelf: all entries", input, "readelf", "--debug-dump=info", file.toString());
            tool("addr2line: " + FEWER + " addresses", input, "addr2line", "-e", file.toString());
            tool("llvm-symbolizer: " + FEWER + " addresses", input, "llvm-symbolizer", "--no-inlines",
                    "--obj=" + file);
        } finally {
            Files.delete(input);
        }
    }

    private interface Question<T> {
        T ask() throws IOException;
    }

    private static <T> T timed(String what, Question<T> question) throws IOException {
        long began = System.nanoTime();
        T answer = question.ask();
        print("pulpo: " + what, Duration.ofNanos(System.nanoTime() - began));
        return answer;
    }

    private static void print(String what, Duration time) {
        System.out.printf("%-46s %12.3f ms%n", what, time.toNanos() / 1e6);
    }

    private static List<LinkAddress> pulpo(Path file, String function, String struct) throws IOException {
        try (ElfFile elf = timed("open", () -> ElfFile.open(file));
                DebugInfo info = DebugInfo.open(elf, file.toAbsolutePath().toString(), DebugFiles.ofThisProcess())) {
            timed(LOOKUPS + " symbols that are not there", () -> {
                for (int i = 0; i < LOOKUPS; i++) {
                    require(elf.dynamicSymbols().find("pulpo_has_no_such_symbol_" + i).isEmpty(), "another answer");
                }
                return true;
            });
            List<FunctionInfo> found = timed("one function, with the whole index",
                    () -> info.functions(function));
            require(!found.isEmpty(), "no function " + function);
            System.gc();
            System.out.printf("%-46s %12d MB%n", "pulpo: heap in use with the index",
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory() >> 20);
            timed(LOOKUPS + " look-ups of a name", () -> {
                for (int i = 0; i < LOOKUPS; i++) {
                    require(info.functions(function).size() == found.size(), "another answer");
                }
                return true;
            });
            require(timed("layout of one struct", () -> info.layout(struct)).isPresent(), "no " + struct);
            List<LinkAddress> places = places(timed("all functions, with everything about them",
                    () -> info.functions().flatMap(each -> each.bodies().stream())
                            .map(body -> body.entry().plus(body.ranges().getFirst().size() / 2)).toList()));
            long known = timed(ADDRESSES + " addresses to lines",
                    () -> places.stream().filter(place -> info.line(place).isPresent()).count());
            System.out.printf("%-46s %12d%n", "pulpo: addresses with a line", known);
            System.out.printf("%-46s %12d MB%n", "pulpo: peak heap, garbage included", peakHeap() >> 20);
            return places;
        }
    }

    /** The sum of the peaks of all parts of the heap, in bytes; the peaks may have been at different times. */
    private static long peakHeap() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    }

    private static List<LinkAddress> places(List<LinkAddress> functions) {
        Random random = new Random(6);
        List<LinkAddress> places = new ArrayList<>();
        for (int i = 0; i < ADDRESSES; i++) {
            places.add(functions.get(random.nextInt(functions.size())));
        }
        return places;
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static void tool(String what, Path input, String... command) throws IOException, InterruptedException {
        long began = System.nanoTime();
        Process process;
        try {
            process = new ProcessBuilder(command).redirectInput(input.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException missing) {
            System.out.println(what + ": not installed");
            return;
        }
        int status = process.waitFor();
        print(what + (status == 0 ? "" : " (failed)"), Duration.ofNanos(System.nanoTime() - began));
    }
}
