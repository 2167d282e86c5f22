package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.dwarf.DataType;
import dev.pulpo.elf.dwarf.ValueLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Variables of real processes, beside what gdb says of the same process, and what the process says of them itself. */
class LiveValueTest {
    static final List<String> OF_C = List.of("signed_char", "unsigned_char", "letter", "newline", "small",
            "unsigned_small", "number", "unsigned_number", "large", "unsigned_large", "huge", "truth", "fraction",
            "precise", "extended", "constant", "changing", "color", "no_color", "rights", "mixed", "more_mixed",
            "modes", "odd_rights",
            "no_rights", "deep", "text", "characters", "octets", "zeros", "numbers", "points", "points[2]", "pointer",
            "*pointer", "pointer->y", "pointer[1]", "*twice_removed", "**twice_removed", "nothing", "untyped", "wild",
            "function", "word", "deep_array", "deep_array[1]", "deep_array[1][0]", "deep_array[1][0][1]", "first",
            "second", "third", "first.named", "first.named.letter", "first.number", "first.fraction", "first.ready",
            "first.balance", "second.balance", "third.balance", "third.far", "first.color", "third.color", "server",
            "server.clients", "*server.clients[1]", "server.clients[3]->name", "server.head->next->next->fd",
            "server.matrix[1][2]", "server.load", "server.running", "server.handler", "server.origin",
            "*server.origin", "flexible->count", "flexible->items[2]", "*circle", "circle->next->number", "of_thread",
            "thread_point", "packed", "packed.unaligned", "data.c:twice", "data_other.c:twice", "data.c:start",
            "*read_only", "*opaque", "opaque->word", "defined_elsewhere", "environ[0]", "(*twice_removed)->x");
    private static final List<String> OF_CXX = List.of("net::listeners", "listeners", "object", "*pointer", "pointer",
            "object.base_number", "object.both", "object.other_number", "object.address.port", "object.where",
            "object.reference", "mode", "box", "box.next->content", "callback", "flags", "diamond.top", "diamond.left",
            "diamond.right", "diamond.bottom", "alias.own");

    @TempDir
    static Path directory;

    static Stream<Arguments> builds() {
        return Stream.of("gcc -gdwarf-5 -O0", "gcc -gdwarf-4 -O0", "gcc -gdwarf-3 -gstrict-dwarf -O0",
                "gcc -gdwarf-5 -O2", "gcc -gdwarf-5 -gsplit-dwarf", "gcc -gdwarf-4 -gsplit-dwarf",
                "gcc -gdwarf-5 -fdebug-types-section", "gcc -gdwarf-5 -gz", "clang -gdwarf-5 -O0",
                "clang -gdwarf-4 -O0",
                "clang -gdwarf-5 -O2", "gcc -gdwarf-5 -static", "gcc -gdwarf-5 -no-pie -fno-pic").map(Arguments::of);
    }

    static Stream<Arguments> buildsOfCxx() {
        return Stream.of("g++ -gdwarf-5 -O0", "g++ -gdwarf-4 -O0", "g++ -gdwarf-5 -O2",
                "clang++ -gdwarf-5 -O0 -fstandalone-debug",
                "clang++ -gdwarf-4 -O0 -fstandalone-debug").map(Arguments::of);
    }

    private static Path built(String build) throws Exception {
        String name = "data" + build.replaceAll("[ +=]", "_");
        Path program = directory.resolve(name);
        List<String> words = Arrays.asList(build.split(" ", -1));
        boolean cxx = words.getFirst().endsWith("++");
        if (!Files.exists(program)) {
            Victims victims = new Victims(directory);
            List<String> options = new ArrayList<>(words.subList(1, words.size()));
            options.add("-pthread");
            if (!cxx) {
                victims.resource("data.h");
                options.add(victims.resource("data_other.c").toString());
            }
            victims.compiledBy(words.getFirst(), name, cxx ? "data.cc" : "data.c", options.toArray(String[]::new));
        }
        return program;
    }

    private static RunningServer server(String build) throws Exception {
        return RunningServer.plain(built(build));
    }

    /** What gdb prints for each expression. */
    private static Map<String, String> gdb(int pid, List<String> expressions) throws IOException, InterruptedException {
        Needed.commands("gdb");
        List<String> command = new ArrayList<>(List.of("gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off",
                "-ex",
                "set print null-stop on", "-ex", "set print symbol off", "-ex", "set print static-members off", "-p",
                Integer.toString(pid)));
        for (int i = 0; i < expressions.size(); i++) {
            command.addAll(List.of("-ex", "echo @@" + i + "\\n", "-ex",
                    "print " + expressions.get(i).replaceFirst("([\\w.]+[.]c):(?!:)", "'$1'::")));
        }
        Process gdb = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(gdb.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gdb.waitFor()).as(output).isZero();
        Map<String, String> answers = new LinkedHashMap<>();
        Matcher answer = Pattern.compile("^@@(\\d+)\\n\\$\\d+ = (.*)$", Pattern.MULTILINE).matcher(output);
        while (answer.find()) {
            answers.put(expressions.get(Integer.parseInt(answer.group(1))), answer.group(2));
        }
        List<String> unanswered = expressions.stream().filter(each -> !answers.containsKey(each)).toList();
        assertThat(unanswered).as(output).isEmpty();
        return answers;
    }

    /** Both spell types in their own ways, and gdb writes more digits than tell a number from the next. */
    private static String plain(String text) {
        String one = text.replaceAll("\\n\\s*", " ").replace("{ ", "{").replace(" }", "}")
                .replaceAll("<net::(\\w+)> =", "<$1> =").replaceAll(" <(vtable|VTT|construction)[^>]*>", "")
                .replaceAll("net::Mode::", "").replaceFirst("^\\((?!\\w+ \\|)[^0\"]*\\) (?=@?0x)", "");
        return Pattern.compile("-?\\d+\\.\\d+(e[+-]\\d+)?|-?\\d+e[+-]\\d+").matcher(one)
                .replaceAll(number -> shortest(number));
    }

    private static String shortest(MatchResult number) {
        double wide = Double.parseDouble(number.group());
        return Math.abs(wide) < Float.MAX_VALUE ? Float.toString((float) wide) : Double.toString(wide);
    }

    private static void sayTheSame(int pid, List<String> expressions) throws Exception {
        Map<String, String> expected = gdb(pid, expressions);
        List<String> differences = new ArrayList<>();
        try (LiveProcess process = LiveProcess.attach(pid)) {
            for (String expression : expressions) {
                String text = process.value(expression, OptionalInt.empty()).text();
                assertThat(text).startsWith(expression + " = ");
                String own = plain(text.substring(expression.length() + " = ".length()));
                String other = plain(expected.getOrDefault(expression, ""));
                if (!own.equals(other)) {
                    differences.add(expression + ": " + own + ", and gdb says " + other);
                }
            }
        }
        assertThat(differences).as(Integer.toString(expressions.size())).isEmpty();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("builds")
    void valuesOfCAreThoseOfGdb(String build) throws Exception {
        // gdb 13 does not know DW_OP_constx, by which split units name thread-local variables.
        boolean split = build.contains("split");
        // With type units, gdb 13 takes static variables of one name for each other, whichever file is named.
        boolean typeUnits = build.contains("debug-types");
        try (RunningServer server = server(build); LiveProcess process = LiveProcess.attach(server.pid())) {
            sayTheSame(server.pid(), OF_C.stream().filter(each -> !split || !each.contains("thread"))
                    .filter(each -> !typeUnits || !each.endsWith(".c:twice")).toList());
            assertThat(process.variable("data.c:twice").asLong()).isEqualTo(22);
            assertThat(process.variable("data_other.c:twice").asLong()).isEqualTo(2);
            assertThat(process.variable("of_thread").asLong()).isEqualTo(101);
            assertThat(process.variable("thread_point").field("x").asLong()).isEqualTo(7);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("buildsOfCxx")
    void valuesOfCxxAreThoseOfGdb(String build) throws Exception {
        try (RunningServer server = server(build)) {
            sayTheSame(server.pid(), OF_CXX);
        }
    }

    private static final String C = "gcc -gdwarf-5 -O0";

    @Test
    void aPathIsFollowedByMethods() throws Exception {
        try (RunningServer server = server(C); LiveProcess process = LiveProcess.attach(server.pid())) {
            LiveValue head = process.variable("server").field("head");
            assertThat(head.deref().field("fd").asLong()).isEqualTo(10);
            assertThat(head.list("next").stream().map(each -> each.field("name").asString()))
                    .containsExactly("first", "second", "third");
            assertThat(head.deref().list("next")).hasSize(3);
            assertThat(process.variable("circle").list("next").stream().map(each -> each.field("number").asLong()))
                    .containsExactly(1L, 2L, 3L);
            assertThat(process.variable("numbers").elements().stream().map(LiveValue::asLong))
                    .containsExactly(1L, 2L, 3L, 4L, 5L);
            assertThat(process.variable("characters").asString()).isEqualTo("eight");
            assertThat(process.variable("text").asString())
                    .isEqualTo(RawText.decode("it's \"quoted\"\n\ttab".getBytes(StandardCharsets.US_ASCII)));
            assertThat(process.variable("unsigned_large").asLong()).isEqualTo(-1);
            assertThat(process.variable("precise").asDouble()).isEqualTo(-1.25e300);
            assertThat(process.variable("imaginary").read().toString()).isEqualTo("{real = 1.5, imaginary = 2.5}");
            assertThat(process.variable("counted:calls").asLong()).isEqualTo(11);
            assertThat(process.variable("exe:value").asLong()).isEqualTo(300);
            LiveValue clients = process.variable("server").field("clients");
            assertThat(clients.type()).isInstanceOfSatisfying(DataType.Array.class,
                    array -> assertThat(array.counts()).containsExactly(4L));
            assertThat(clients.toString()).startsWith("server.clients = {0x");
            assertThat(process.variable("zeros").read(ValueLimits.ofElements(3)).toString()).isEqualTo("{0, 0, 0...}");
            assertThat(process.variable("zeros").text(ValueLimits.ofElements(3)))
                    .isEqualTo("zeros = {0, 0, 0, ... 29 more}");
            // A value reads the memory each time.
            LiveValue number = process.variable("number");
            number.write(7);
            assertThat(number.asLong()).isEqualTo(7);
            number.write(8);
            assertThat(number.asLong()).isEqualTo(8);
        }
        try (RunningServer server = server("g++ -gdwarf-5 -O0");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.variable("net::Derived::instances").asLong()).isEqualTo(9);
            assertThat(process.variable("net::hidden_count").asLong()).isEqualTo(4);
            assertThat(process.variable("object").field("Base").field("both").asLong()).isEqualTo(2);
            assertThat(process.variable("_ZN3net9listenersE").asLong()).isEqualTo(3);
        }
    }

    private static void refused(ThrowableAssert.ThrowingCallable work, String... reasons) {
        assertThatThrownBy(work).isInstanceOfSatisfying(RefusedException.class,
                refusal -> {
                    assertThat(refusal.refusals()).singleElement().isInstanceOf(Refusal.NoData.class);
                    assertThat(refusal.getMessage()).contains(List.of(reasons));
                });
    }

    @Test
    void whatCannotBeHadIsRefusedWithItsReason() throws Exception {
        try (RunningServer server = server(C); LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.variable("twice"), "there are several", "data.c, line ", "data_other.c, line ");
            refused(() -> process.variable("numbr"), "no such variable", "number");
            refused(() -> process.variable("elsewhere.c:number"), "no such variable in elsewhere.c");
            refused(() -> process.variable("first").field("nam"), "has no member nam", "name");
            refused(() -> process.variable("first").field("name").field("x"), "it is a pointer");
            refused(() -> process.variable("number").field("x"), "int has no members");
            refused(() -> process.variable("number").deref(), "it is no pointer");
            refused(() -> process.variable("nothing").deref(), "null pointer");
            refused(() -> process.variable("untyped").deref(), "nothing says what is there");
            refused(() -> process.variable("numbers").index(5), "no element 5");
            refused(() -> process.variable("numbers").index(-1), "no element -1");
            refused(() -> process.variable("first").asLong(), "it is no number");
            refused(() -> process.variable("number").asString(), "it is no text");
            refused(() -> process.variable("wild").deref().asLong(), "the memory at 0x10 cannot be read");
            refused(() -> process.variable("lasso").list("next"), "after element 2 comes element 1");
            refused(() -> process.variable("first").list("fd"), "it is no pointer");
            refused(() -> process.value("server.clients[2]->fd", OptionalInt.empty()), "server.clients[2]",
                    "null pointer");
            for (String malformed : List.of("", "*", "(", "number)", "number.", "numbers[", "numbers[x]", "numbers[1",
                    "1", "number->", "number number", "numbers[99999999999999999999]")) {
                refused(() -> process.value(malformed, OptionalInt.empty()), "is expected");
            }
            refused(() -> process.value("*".repeat(5000), OptionalInt.empty()), "at most 4096 characters");
        }
    }

    /** Two of each: a program with an object of its own, and one that loads it later. */
    @Test
    void threadLocalsAreThoseOfTheThread() throws Exception {
        try (RunningServer server = server(C); LiveProcess process = LiveProcess.attach(server.pid())) {
            server.say("thread");
            String[] words = server.line().split(" ", -1);
            int tid = Integer.parseInt(words[1]);
            LiveValue own = process.variable("of_thread", tid);
            assertThat(own.asLong()).isEqualTo(300);
            assertThat(own.address().orElseThrow().toString()).isEqualTo(words[2]);
            assertThat(process.variable("thread_point", tid).field("x").asLong()).isEqualTo(300);
            assertThat(process.variable("of_thread", server.pid()).asLong()).isEqualTo(101);
            refused(() -> process.variable("of_thread"), "thread-local", Integer.toString(tid), "choose a thread");
            refused(() -> process.variable("of_thread", 1), "has no thread 1");
        }
    }

    @Test
    void threadLocalsOfLibrariesThatAreLoadedLater() throws Exception {
        Victims victims = new Victims(directory);
        Path library = victims.compiled("libdata.so", "data_lib.c", "-g", "-shared", "-fPIC");
        Path program = victims.program("data_loader.c", "-g", "-pthread", "-ldl");
        try (RunningServer server = RunningServer.plain(program, library.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.variable("own_thread").asLong()).isEqualTo(11);
            refused(() -> process.variable("lib_thread"), "no such variable");
            server.say("thread");
            int tid = Integer.parseInt(server.line().split(" ", -1)[1]);
            assertThat(server.ask("load")).isEqualTo("loaded");
            for (int each : List.of(server.pid(), tid)) {
                refused(() -> process.variable("lib_thread", each), "thread " + each + " has not used");
            }
            assertThat(server.ask("use 3")).isEqualTo("used 7");
            assertThat(process.variable("lib_thread", server.pid()).asLong()).isEqualTo(10);
            assertThat(process.variable("lib_filler", server.pid()).index(0).asLong()).isEqualTo(1);
            refused(() -> process.variable("lib_thread", tid), "thread " + tid + " has not used");
            assertThat(process.variable("own_thread", tid).asLong()).isEqualTo(12);
            assertThat(process.variable("shared_value").asLong()).isEqualTo(8);
            assertThat(process.variable("libdata.so:kept").asLong()).isEqualTo(7);
        }
    }

    /** The program has a copy of the library's variable, and both use the copy. */
    @Test
    void aVariableIsWhereTheLoaderHasBoundIt() throws Exception {
        Victims victims = new Victims(directory);
        victims.compiled("libshared.so", "data_lib.c", "-g", "-shared", "-fPIC");
        Path program = victims.compiled("linked", "data_loader.c", "-g", "-DLINKED", "-no-pie", "-fno-pic", "-pthread",
                "-L" + directory, "-lshared", "-Wl,-rpath," + directory);
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 2; i++) {
                long expected = Long.parseLong(server.ask("shared"));
                assertThat(process.variable("shared_value").asLong()).isEqualTo(expected);
                assertThat(process.variable("libshared.so:shared_value").asLong()).isEqualTo(expected);
                assertThat(process.variable("data_lib.c:shared_value").asLong()).isEqualTo(expected);
            }
            assertThat(process.variable("lib_thread").asLong()).isEqualTo(7);
        }
    }

    @Test
    void whatIsWrittenIsWhatTheProcessReads() throws Exception {
        try (RunningServer server = server(C); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("all")).isEqualTo("-1234567890 0 true 5 112 0.5 10 101");
            process.variable("number").write(-5);
            process.variable("color").write("BLUE");
            process.variable("truth").write("false");
            process.variable("rights").write("WRITE | EXECUTE");
            process.variable("letter").write("'q'");
            process.variable("fraction").write(2.25);
            process.variable("server").field("head").deref().field("fd").write("0x20");
            process.variable("of_thread").write(102);
            assertThat(server.ask("all")).isEqualTo("-5 1 false 6 113 2.25 32 102");
            process.variable("pointer").write(process.variable("points").address().orElseThrow().toString());
            assertThat(process.value("pointer->y", OptionalInt.empty()).asLong()).isEqualTo(2);
            process.variable("unsigned_large").write("18446744073709551614");
            assertThat(process.variable("unsigned_large").text()).endsWith(" = 18446744073709551614");

            refused(() -> process.variable("constant").write(1), "the process itself may not write", "r--p");
            refused(() -> process.variable("first").field("ready").write(0), "bit field");
            refused(() -> process.variable("first").write(0), "cannot be written as a whole");
            refused(() -> process.variable("huge").write(0), "16 bytes", "cannot be written at once");
            refused(() -> process.variable("wild").deref().write(0), "no memory is mapped");
            refused(() -> process.variable("small").write(32768), "does not fit");
            refused(() -> process.variable("unsigned_char").write(-1), "does not fit");
            refused(() -> process.variable("number").write("many"), "'many' is no value of type int");
            refused(() -> process.variable("truth").write(2), "no value of type _Bool");
            refused(() -> process.variable("color").write("PINK"), "has no constant PINK", "GREEN");
            LiveValue unaligned = process.variable("packed").field("unaligned");
            if (unaligned.address().orElseThrow().value() % Integer.BYTES != 0) {
                refused(() -> unaligned.write(1), "cannot be written at once");
            }
            assertThat(server.ask("all")).isEqualTo("-5 1 false 6 113 2.25 32 102");
        }
    }

    /** A thread that reads all the time sees one value or the other, and none in between. */
    @Test
    void noPartOfAWriteIsSeen() throws Exception {
        try (RunningServer server = server(C); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("watch")).isEqualTo("watching");
            LiveValue watched = process.variable("watched");
            for (int i = 0; i < 3000; i++) {
                watched.write(-1);
                watched.write(0);
            }
            watched.write(1);
            assertThat(server.ask("watched")).isEqualTo("torn 0");
        }
    }

    /** An array of 2^60 bytes, a text without an end, and a structure that is a member of itself. */
    @Test
    void debugInformationThatLiesEnds() throws Exception {
        Victims victims = new Victims(directory);
        Path source = victims.resource("data_hostile.c");
        Path assembly = victims.compiled("data_hostile.s", "data_hostile.c", "-g", "-gdwarf-5", "-O0", "-dA", "-S");
        String text = Files.readString(assembly);
        String circular = ofItself(ofItself(text, "outer"), "nameless");
        assertThat(circular).isNotEqualTo(text);
        Path changed = Files.writeString(directory.resolve("circular.s"), circular);
        Path program = victims.compiled("hostile", changed.getFileName().toString());
        assertThat(source).exists();
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.variable("endless").text()).startsWith("endless = \"\\001");
            assertThat(process.variable("endless").index(4).asLong()).isEqualTo(2);
            refused(() -> process.variable("endless").elements(), "more than");
            refused(() -> process.variable("endless").index(1L << 55).asLong(), "cannot be read");
            assertThat(process.variable("endless_rows").text()).contains("more");
            refused(() -> process.variable("without_end").asString(), "no NUL follows");
            assertThat(process.variable("outer").text()).contains("it has too many parts");
            assertThat(process.variable("rows").text()).contains("it has too many parts");
            refused(() -> process.variable("outer").field("missing"), "no member missing");
            assertThat(process.variable("nameless").field("after_it").asLong()).isZero();
            refused(() -> process.variable("nameless").field("inside"), "too many members");
            assertThat(process.variable("outer").field("within_itself").field("after").asLong()).isEqualTo(2);
        }
    }

    /** The assembly of a program with a structure whose first member has the type of the structure itself. */
    private static String ofItself(String assembly, String structure) {
        Matcher entry = Pattern
                .compile("DIE \\((0x[0-9a-f]+)\\) DW_TAG_structure_type\\)[^\\n]*\\n[^\\n]*DW_AT_name: \""
                        + structure + "\"")
                .matcher(assembly);
        assertThat(entry.find()).isTrue();
        Matcher type = Pattern.compile("0x[0-9a-f]+(?=\\t# DW_AT_type)").matcher(assembly);
        assertThat(type.find(entry.end())).isTrue();
        return assembly.substring(0, type.start()) + entry.group(1) + assembly.substring(type.end());
    }

    @Test
    void withoutDebugInformationItSaysSo() throws Exception {
        Path bare = new Victims(directory).compiled("bare", "data_loader.c", "-pthread");
        try (RunningServer server = RunningServer.plain(bare); LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.variable("anything"), "has no debug information");
            refused(() -> process.variable("exe:own_thread"), "has no debug information");
        }
    }
}
