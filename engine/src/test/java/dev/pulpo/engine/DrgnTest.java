package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.dwarf.Value;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables of a real process, beside what drgn says of the same process: not its texts, as of gdb, but its values. */
class DrgnTest {
    /** Debian's drgn is a module of Debian's Python, whichever Python is first on the PATH. */
    private static final String PYTHON = "/usr/bin/python3";

    /** What drgn 0.0.22 cannot say, with its reason; newer versions may. */
    private static final Pattern LIMITS = Pattern.compile("error: (NotImplementedError: (integer values larger than 64"
            + "|float values which are not 32 or 64) bits are not yet supported"
            + "|Exception: .*unknown DWARF expression opcode 0x(9b|e0)"
            + "|LookupError: could not find variable 'environ' .*)");

    /** {@code __int128}, {@code long double}, thread-local variables, and a variable that no unit of the program defines. */
    private static final List<String> LIMITED = List.of("huge", "extended", "of_thread", "thread_point", "environ[0]");

    @TempDir
    private Path directory = Path.of("");

    /** drgn 0.0.22 does not read split units ({@code -gsplit-dwarf}). */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"gcc -gdwarf-5 -O0", "gcc -gdwarf-4 -O0", "gcc -gdwarf-3 -gstrict-dwarf -O0",
            "gcc -gdwarf-5 -O2", "gcc -gdwarf-5 -fdebug-types-section", "gcc -gdwarf-5 -gz", "clang -gdwarf-5 -O0",
            "clang -gdwarf-4 -O0", "clang -gdwarf-5 -O2", "gcc -gdwarf-5 -no-pie -fno-pic"})
    void valuesOfCAreThoseOfDrgn(String build) throws Exception {
        Needed.nothingMissing(Files.isDirectory(Path.of("/usr/lib/python3/dist-packages/drgn")) ? "" : "python3-drgn");
        Victims victims = new Victims(directory);
        victims.resource("data.h");
        List<String> options = new ArrayList<>(List.of(build.split(" ", -1)));
        String compiler = options.removeFirst();
        if (compiler.equals("clang")) {
            // drgn 0.0.22 does not read DW_AT_decl_file 0 of DWARF 5. Where a directory lies beside, clang numbers from 1.
            options.add("-fdebug-compilation-dir=" + directory.resolve("elsewhere"));
        }
        options.addAll(List.of("-pthread", victims.resource("data_other.c").toString()));
        Path program = victims.compiledBy(compiler, "data", "data.c", options.toArray(String[]::new));
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            List<String> theirs = drgn(server.pid(), LiveValueTest.OF_C);
            assertThat(theirs).hasSameSizeAs(LiveValueTest.OF_C);
            List<String> differences = new ArrayList<>();
            List<String> limited = new ArrayList<>();
            for (int i = 0; i < theirs.size(); i++) {
                String expression = LiveValueTest.OF_C.get(i);
                if (LIMITS.matcher(theirs.get(i)).matches()) {
                    limited.add(expression);
                    continue;
                }
                String own = written(process.value(expression, OptionalInt.empty()).read());
                if (!own.equals(theirs.get(i))) {
                    differences.add(expression + ": " + own + ", and drgn says " + theirs.get(i));
                }
            }
            assertThat(differences).isEmpty();
            assertThat(LIMITED).containsAll(limited);
        }
    }

    private static List<String> drgn(int pid, List<String> expressions) throws Exception {
        Path script = Path.of(Objects.requireNonNull(DrgnTest.class.getResource("/tools/drgn_values.py")).toURI());
        Process drgn = new ProcessBuilder(PYTHON, script.toString(), Integer.toString(pid)).redirectErrorStream(true)
                .start();
        try (Writer questions = drgn.outputWriter(StandardCharsets.US_ASCII)) {
            questions.write(String.join("\n", expressions) + "\n");
        }
        String answers = new String(drgn.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(drgn.waitFor()).as(answers).isZero();
        return answers.lines().toList();
    }

    /** As drgn_values.py writes values. */
    private static String written(Value value) {
        return switch (value) {
            case Value.Whole whole -> whole.number().toString();
            case Value.Truth truth -> Boolean.toString(truth.truth());
            case Value.Letter letter -> Integer.toString(letter.code());
            case Value.Floating floating ->
                "double " + HexFormat.of().toHexDigits(Double.doubleToRawLongBits(floating.number()));
            // drgn does not join flags.
            case Value.Constant constant -> constant.number() + (constant.name().matches("\\w+") && !constant.name()
                    .equals(constant.number().toString()) ? " " + constant.name() : "");
            case Value.Pointer pointer -> pointer.toString();
            case Value.Reference reference -> reference.toString();
            case Value.Text text -> "0x" + Long.toHexString(text.address()) + " text " + hex(text.characters());
            case Value.Characters characters -> "text " + hex(characters.characters()).replaceFirst("(00)+$", "");
            case Value.Array array -> array.elements().stream().map(DrgnTest::written)
                    .collect(Collectors.joining(", ", "[", "]"));
            case Value.Structure structure -> fields(structure).collect(Collectors.joining(", ", "{", "}"));
            case Value.OptimisedOut none -> none.toString();
            case Value.Unknown unknown -> unknown.toString();
        };
    }

    /** Members of anonymous structures and unions are the outer one's. */
    private static Stream<String> fields(Value.Structure structure) {
        return structure.fields().stream().flatMap(field -> field.name().isEmpty()
                && field.value() instanceof Value.Structure anonymous
                        ? fields(anonymous)
                        : Stream.of(field.name() + "=" + written(field.value())));
    }

    private static String hex(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return HexFormat.of().formatHex(copy);
    }
}
