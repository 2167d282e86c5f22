package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.dwarf.Value;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values of parameters and variables of a real process, beside what gdb says of the same frames. */
class LocalsTest {
    private static final String GONE = "gone";

    @TempDir
    private Path directory;

    /** A frame as gdb sees it: an address, a function, and lines of names and values. */
    private record GdbFrame(String place, List<String> variables) {}

    private Path victim(String options) {
        return new Victims(directory).program("locals.c", options.split(" ", -1));
    }

    private List<GdbFrame> gdb(int pid) throws IOException, InterruptedException {
        Path script = directory.resolve("locals.py");
        try (InputStream in = LocalsTest.class.getResourceAsStream("/victims/locals.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        Process gdb = new ProcessBuilder("gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex",
                "set backtrace past-main on", "-p", Integer.toString(pid), "-x", script.toString())
                .redirectErrorStream(true).start();
        String output = new String(gdb.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gdb.waitFor()).as(output).isZero();
        List<GdbFrame> frames = new ArrayList<>();
        for (String line : output.lines().toList()) {
            if (line.startsWith("frame ")) {
                frames.add(new GdbFrame(line.substring("frame ".length()).replace("__GI_", ""), new ArrayList<>()));
            } else if (line.startsWith("variable ")) {
                frames.getLast().variables().add(line.substring("variable ".length()));
            }
        }
        return frames;
    }

    /** A value as the script writes it; empty where it is not known, and says why. */
    private static Optional<String> asGdb(Value value) {
        return switch (value) {
            case Value.Whole whole -> Optional.of(whole.number().toString());
            case Value.Truth truth -> Optional.of(truth.truth() ? "1" : "0");
            case Value.Letter letter -> Optional.of(Integer.toString(letter.code()));
            case Value.Floating floating -> Optional.of(Double.toString(floating.number()));
            case Value.Constant constant -> Optional.of(constant.number().toString());
            case Value.Pointer pointer -> Optional.of("0x" + Long.toHexString(pointer.address()));
            case Value.Reference reference -> Optional.of("0x" + Long.toHexString(reference.address()));
            case Value.Text text ->
                Optional.of("0x" + Long.toHexString(text.address()) + "'" + hex(text.characters()) + "'");
            case Value.Characters characters -> Optional.of(letters(characters.characters()));
            case Value.Array array -> all(array.elements()).map(each -> "[" + String.join(" ", each) + "]");
            case Value.Structure structure -> complex(structure).or(() -> all(structure.fields().stream()
                    .map(Value.Field::value).toList()).map(each -> named(structure, each)));
            case Value.OptimisedOut nowhere -> Optional.of(GONE);
            case Value.Unknown unknown -> Optional.empty();
        };
    }

    private static Optional<List<String>> all(List<Value> values) {
        List<Optional<String>> each = values.stream().map(LocalsTest::asGdb).toList();
        return each.stream().allMatch(Optional::isPresent)
                ? Optional.of(each.stream().map(Optional::orElseThrow).toList())
                : Optional.empty();
    }

    private static String named(Value.Structure structure, List<String> values) {
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            fields.add(structure.fields().get(i).name() + "=" + values.get(i));
        }
        return "{" + String.join(" ", fields) + "}";
    }

    private static Optional<String> complex(Value.Structure structure) {
        return structure.fields().size() == 2
                && structure.fields().getLast().value() instanceof Value.Floating imaginary
                && structure.fields().getFirst().value() instanceof Value.Floating real
                && structure.fields().getFirst().name().equals("real")
                        ? Optional.of(plain(real) + " + " + plain(imaginary) + "i")
                        : Optional.empty();
    }

    private static String plain(Value.Floating number) {
        return new BigDecimal(number.text()).stripTrailingZeros().toPlainString();
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.limit()];
        bytes.get(0, copy);
        return HexFormat.of().formatHex(copy);
    }

    private static String letters(ByteBuffer bytes) {
        List<String> each = new ArrayList<>();
        for (int i = 0; i < bytes.limit(); i++) {
            each.add(Integer.toString(bytes.get(i)));
        }
        return "[" + String.join(" ", each) + "]";
    }

    /** The known ones; a thing that is gone in whole has no values, not even those of its parts. */
    private static List<String> known(List<String> variables) {
        return variables.stream().filter(each -> !each.replaceFirst("^\\S+ ", "").replaceAll("\\w+=", "")
                .replaceAll("[\\[\\]{} ]|gone", "").isEmpty()).sorted().toList();
    }

    private static LocalValue local(ThreadStack stack, String function, String name) {
        return stack.frames().stream().filter(frame -> frame.function().equals(function)).findFirst().orElseThrow()
                .locals().stream().filter(local -> local.name().equals(name)).findFirst().orElseThrow();
    }

    /** What gdb alone says, or says wrongly, and why. */
    private static boolean isExplained(String difference) {
        return difference.matches(
                // It gives the number 0 for pointers to what is in no memory.
                "inlined: gdb says given 0x0|aggregates: gdb says pointer 0x0"
                        // It computes with 16 bytes.
                        + "|keeps: gdb says wide 0.4166666666666667"
                        // It follows the only chain of jumps from the function that was called.
                        + "|__qsort_r: gdb says [bn] \\w+"
                        // It takes the address that GCC writes instead of an offset; see World#threadLocalOffset.
                        + "|block: own 301 is not what gdb says|block: gdb says own (error|-?\\d+)");
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"-g -O0", "-g -O1", "-g -O2", "-gdwarf-4 -O2", "-gdwarf-5 -gsplit-dwarf -O2",
            "-gdwarf-4 -gsplit-dwarf -O2", "-g -O3 -fomit-frame-pointer"})
    void valuesAreThoseThatGdbSees(String options) throws Exception {
        Needed.commands("gdb");
        try (RunningServer server = RunningServer.plain(victim(options));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            List<ThreadStack> stacks = process.stacksWithLocals();
            List<GdbFrame> theirs = gdb(server.pid());
            assertThat(stacks).singleElement().satisfies(stack -> assertThat(stack.isComplete()).isTrue());
            ThreadStack stack = stacks.getFirst();
            int values = 0;
            List<String> notKnown = new ArrayList<>();
            List<String> differences = new ArrayList<>();
            assertThat(stack.frames().stream().map(frame -> frame.address() + " " + frame.function()).toList())
                    .isEqualTo(theirs.stream().map(GdbFrame::place).toList());
            for (int i = 0; i < theirs.size(); i++) {
                String function = stack.frames().get(i).function();
                List<String> gdb = new ArrayList<>(known(theirs.get(i).variables()));
                List<String> ours = new ArrayList<>();
                for (LocalValue local : stack.frames().get(i).locals()) {
                    asGdb(local.value()).ifPresentOrElse(value -> ours.add(local.name() + " " + value),
                            () -> notKnown.add(function + "." + local));
                }
                for (String each : known(ours)) {
                    values++;
                    if (!gdb.remove(each)) {
                        differences.add(function + ": " + each + " is not what gdb says");
                    }
                }
                gdb.forEach(each -> differences.add(function + ": gdb says " + each));
            }
            System.out.printf("%s: %d values in %d frames as gdb has them; not known: %s%n", options, values,
                    theirs.size(), notKnown);
            assertThat(differences.stream().filter(each -> !isExplained(each))).isEmpty();
            assertThat(notKnown).hasSizeLessThan(12);
            assertThat(values).isGreaterThan(60);
        }
    }

    @Test
    void everyKindOfValueIsWhatTheSourceSays() {
        try (RunningServer server = RunningServer.plain(victim("-g -O0"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            ThreadStack stack = process.stacksWithLocals().getFirst();
            assertThat(stack.frames().stream().filter(frame -> frame.function().equals("aggregates")).findFirst()
                    .orElseThrow().locals().stream().map(LocalValue::toString).filter(text -> !text.contains("0x"))
                    .collect(Collectors.joining("; ")))
                    .isEqualTo("by_value = {first = 123456789012345, second = -5}; "
                            + "either = {whole = 1065353216, part = 1.0}; f = 0.5; d = -2.75; "
                            + "c = {real = 1.5, imaginary = 2.5}; in_block = 33; i = 3; "
                            + "matrix = {{1, 2, 3}, {4, 5, -2045911175}}; letters = \"abc\"; result = 0");
            assertThat(local(stack, "aggregates", "local").value().toString()).contains("flag = 1, small = -9, "
                    + "inner = {low = -2, name = \"in shared\"}").contains("\"of shared\", ratio = 2.5, colour = BLUE");
            assertThat(local(stack, "block", "own").toString()).isEqualTo("own = 301");
            assertThat(local(stack, "block", "visits").toString()).isEqualTo("visits = 42");
            assertThat(local(stack, "keeps", "wide").toString()).isEqualTo("wide = 0.41666666666666668517");
            assertThat(local(stack, "keeps", "text")).satisfies(text -> {
                assertThat(text.parameter()).isTrue();
                assertThat(text.type()).isEqualTo("const char*");
                assertThat(text.value()).isInstanceOf(Value.Text.class);
            });
            assertThat(process.stacks().getFirst().frames()).allSatisfy(frame -> assertThat(frame.locals()).isEmpty());
        }
    }
}
