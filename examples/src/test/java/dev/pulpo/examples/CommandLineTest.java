package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.pulpo.examples.Scripts.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real script on a server that was started by hand. */
class CommandLineTest {
    private static final String FIX = Scripts.DEMO.resolve("fix.so").toString();

    @BeforeAll
    static void build() throws Exception {
        Scripts.buildDemo();
    }

    private static Result apply(DemoServer server, String replace, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("apply", "-p", server.pid(), "--target", "libgreeting.so", "--replace", replace, FIX));
        arguments.addAll(List.of(more));
        return Scripts.pulpo(arguments.toArray(String[]::new));
    }

    /** The names of all fields; fails where it is no JSON. */
    private static List<String> fields(String json) throws IOException {
        List<String> names = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    names.add(parser.currentName());
                }
            }
        }
        return names;
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void serverIsPatchedAndReverted(boolean preloaded) throws Exception {
        String stub = Scripts.pulpo("stub").output().strip();
        try (DemoServer server = new DemoServer(preloaded ? stub : "")) {
            assertThat(server.says()).isEqualTo("1");
            Result applied = apply(server, "greeting=greeting_fixed", "--json");
            assertThat(applied.status()).as(applied.errors()).isZero();
            assertThat(fields(applied.output())).contains("outcome", "functions", "threads", "stopMicros",
                    "pauseMicros",
                    "longestThreadStopMicros", "borrowedMicros", "totalMicros", "releasedAsTooLong");
            assertThat(applied.output()).contains("\"outcome\":\"applied\"", "\"injected\":" + !preloaded);
            assertThat(server.says()).isEqualTo("2");

            Result patches = Scripts.pulpo("patches", "-p", server.pid());
            assertThat(patches.output()).contains("in force", FIX);
            Result other = Scripts.pulpo("revert", "-p", server.pid(),
                    Scripts.DEMO.resolve("libgreeting.so").toString());
            assertThat(other.status()).isEqualTo(3);
            assertThat(other.errors()).contains("libgreeting.so is not applied");
            Result again = apply(server, "greeting=greeting_fixed");
            assertThat(again.status()).as(again.errors()).isZero();
            assertThat(again.output()).startsWith("in force already: ");

            Result reverted = Scripts.pulpo("revert", "-p", server.pid(), "--json", FIX);
            assertThat(reverted.status()).as(reverted.errors()).isZero();
            assertThat(reverted.output()).contains("\"outcome\":\"reverted\"");
            assertThat(server.says()).isEqualTo("1");
            assertThat(Scripts.pulpo("revert", "-p", server.pid(), FIX))
                    .isEqualTo(new Result(0, "not in force already: " + FIX + "\n", ""));

            assertThat(apply(server, "greeting=greeting_fixed").status()).isZero();
            assertThat(Scripts.pulpo("revert", "-p", server.pid(), "--keep", FIX).output())
                    .endsWith("; kept loaded\n");
            assertThat(Scripts.pulpo("patches", "-p", server.pid()).output())
                    .contains(" out of force, still loaded: " + FIX + " for ", "; kept as was asked");
            assertThat(Scripts.pulpo("patches", "-p", server.pid(), "--json").output())
                    .contains("\"stillLoaded\":[{", "\"retention\":\"always\"");
        }
    }

    @Tag("slow")
    @Test
    void refusalIsExplained() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result refused = apply(server, "greting=greeting_fixed", "--json");
            assertThat(refused.status()).isEqualTo(3);
            assertThat(refused.errors()).startsWith("pulpo: ").contains("did you mean greeting?");
            assertThat(fields(refused.output())).contains("refusals", "kind");
        }
    }

    /** The two threads that answer never leave serve(). */
    @Tag("slow")
    @Test
    void threadThatStaysInsideIsLeftBehind() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result begun = apply(server, "greeting=greeting_fixed", "--replace", "serve=greeting_fixed", "--allow",
                    "signature", "--consistency", "thread", "--timeout", "0ms", "--json");
            assertThat(begun.status()).as(begun.errors()).isEqualTo(6);
            assertThat(begun.errors()).contains("2 threads have not changed yet", "is inside serve");
            assertThat(fields(begun.output())).contains("transition", "direction", "behind", "tid");
            assertThat(server.says()).isEqualTo("1");
            assertThat(Scripts.pulpo("patches", "-p", server.pid()).output()).contains("in transition");
            Result shown = Scripts.pulpo("transition", "-p", server.pid());
            assertThat(shown.status()).isZero();
            assertThat(shown.output()).contains("coming into force: 2 threads have not changed yet", "serve");
            assertThat(Scripts.pulpo("transition", "-p", server.pid(), "--wait", "--timeout", "0ms").status())
                    .isEqualTo(6);
            assertThat(Scripts.pulpo("transition", "-p", server.pid(), "--wait", "--force").status()).isEqualTo(2);
            Result turned = Scripts.pulpo("transition", "-p", server.pid(), "--cancel");
            assertThat(turned.status()).as(turned.errors()).isZero();
            assertThat(server.says()).isEqualTo("1");
            assertThat(Scripts.pulpo("transition", "-p", server.pid()).output()).contains("no patch is in transition");
            assertThat(Scripts.pulpo("transition", "-p", server.pid(), "--force").status()).isEqualTo(3);
        }
    }

    @Tag("slow")
    @Test
    void stopThatWouldTakeTooLongIsNotMade() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result tooLong = apply(server, "greeting=greeting_fixed", "--max-pause", "1us", "--timeout", "100ms",
                    "--json");
            assertThat(tooLong.status()).as(tooLong.errors()).isEqualTo(4);
            assertThat(tooLong.errors()).contains("a stop of at most 1 µs");
            assertThat(fields(tooLong.output())).contains("maxPauseMicros", "shortestStopMicros",
                    "releasedAsTooLong");
            assertThat(server.says()).isEqualTo("1");
            assertThat(apply(server, "greeting=greeting_fixed", "--max-pause", "0ms").status()).isEqualTo(2);
            Result applied = apply(server, "greeting=greeting_fixed", "--max-pause", "20s");
            assertThat(applied.status()).as(applied.errors()).isZero();
            assertThat(applied.output()).contains(", stop ", ", pause ", ", longest stop of one thread ",
                    ", one borrowed for ");
            assertThat(server.says()).isEqualTo("2");
        }
    }

    @Tag("slow")
    @Test
    void threadThatStaysInsideBlocks() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result blocked = apply(server, "serve=greeting_fixed", "--allow", "signature", "--timeout", "200ms",
                    "--json");
            assertThat(blocked.status()).isEqualTo(4);
            assertThat(blocked.errors()).contains("is inside serve");
            assertThat(fields(blocked.output())).contains("blockers", "tid", "name", "systemCall", "stack", "frame",
                    "since",
                    "blockingMillis", "remedy");
            assertThat(blocked.errors()).contains("  > serve+", "it sits in the system call ", "what helps: ");
            assertThat(server.says()).isEqualTo("1");
        }
    }

    @Tag("slow")
    @Test
    void functionsAreDisassembled() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result intel = Scripts.pulpo("disassemble", "-p", server.pid(), "main");
            assertThat(intel.status()).as(intel.errors()).isZero();
            assertThat(intel.output()).contains("main in ", "server.c:", "call   0x", "@plt>");
            Result att = Scripts.pulpo("disassemble", "-p", server.pid(), "--syntax", "att", "--bytes", "main");
            assertThat(att.output()).contains("%rsp");
            Result json = Scripts.pulpo("disassemble", "-p", server.pid(), "--json", "main", "write");
            assertThat(fields(json.output())).contains("functions", "instructions", "text", "leadsTo", "before");
            Result none = Scripts.pulpo("disassemble", "-p", server.pid(), "no_such_function");
            assertThat(none.status()).isNotZero();
            assertThat(none.errors()).contains("no_such_function").doesNotContain("\tat ");
            assertThat(Scripts.pulpo("disassemble", "-p", server.pid(), "--syntax", "masm", "main").status())
                    .isEqualTo(2);
        }
    }

    @Test
    void stacksAddressesAndLayoutsAreShown() throws Exception {
        try (DemoServer server = new DemoServer("")) {
            Result stack = Scripts.pulpo("stack", "-p", server.pid(), "--json");
            assertThat(stack.status()).as(stack.errors()).isZero();
            assertThat(fields(stack.output())).contains("threads", "tid", "frames", "function", "stoppedMicros");
            Result locals = Scripts.pulpo("stack", "-p", server.pid(), "--locals", "--json");
            assertThat(locals.status()).as(locals.errors()).isZero();
            assertThat(fields(locals.output())).contains("locals", "parameter", "value", "type");
            assertThat(Scripts.pulpo("stack", "-p", server.pid(), "--locals").output())
                    .contains("        reply = \"hello from version 1\"", "        connection = ");
            assertThat(Scripts.pulpo("stack", "-p", server.pid()).output()).contains("thread " + server.pid(), "main");
            java.util.regex.Matcher frame = java.util.regex.Pattern
                    .compile("\"address\":\"(0x[0-9a-f]+)\",[^}]*\"function\":\"main\"").matcher(stack.output());
            assertThat(frame.find()).isTrue();
            Result where = Scripts.pulpo("where", "-p", server.pid(), frame.group(1));
            assertThat(where.status()).as(where.errors()).isZero();
            assertThat(where.output()).contains("server r-xp", "main");
            assertThat(Scripts.pulpo("where", "-p", server.pid(), "0xzz").status()).isEqualTo(2);
        }
        Result none = Scripts.pulpo("layout", Scripts.DEMO.resolve("server").toString(), "struct", "no_such_type");
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.errors()).contains("no_such_type").doesNotContain("\tat ");
    }

    @Tag("slow")
    @Test
    void plainSourceBecomesAPatch() throws Exception {
        Path directory = Files.createTempDirectory("pulpo-plain");
        Path source = Files.writeString(directory.resolve("plain.c"),
                "const char *greeting(void); const char *greeting(void) { return \"hello from version 3\"; }");
        Path container = directory.resolve("plain.so");
        String library = Scripts.DEMO.resolve("libgreeting.so").toString();
        try (DemoServer server = new DemoServer("")) {
            Result built = Scripts.pulpo("build", "--target", library, "-o", container.toString(), "--json",
                    source.toString());
            assertThat(built.status()).as(built.errors()).isZero();
            assertThat(built.output()).contains("\"outcome\":\"packed\"", "greeting.c");
            Result plan = Scripts.pulpo("plan", "-p", server.pid(), container.toString());
            assertThat(plan.status()).as(plan.errors()).isZero();
            assertThat(plan.output()).contains("greeting: calls of greeting change");
            assertThat(Scripts.pulpo("apply", "-p", server.pid(), container.toString()).status()).isZero();
            assertThat(server.says()).isEqualTo("3");
            assertThat(Scripts.pulpo("revert", "-p", server.pid(), container.toString()).status()).isZero();
            assertThat(server.says()).isEqualTo("1");

            Files.writeString(source, "long greeting(int a); long greeting(int a) { return a; }");
            Result refused = Scripts.pulpo("build", "--target", library, "-o", directory.resolve("no.so").toString(),
                    source.toString());
            assertThat(refused.status()).isEqualTo(3);
            assertThat(refused.output()).contains("const char* ()", "greeting.c:", "--allow signature");
            assertThat(directory.resolve("no.so")).doesNotExist();
            Result diff = Scripts.pulpo("diff", library, container.toString());
            assertThat(diff.status()).as(diff.errors()).isZero();
            assertThat(diff.output()).contains("changed greeting", "removed serve");
            Path none = directory.resolve("none.so");
            Result same = Scripts.pulpo("diff", library, library, "-o", none.toString());
            assertThat(same.status()).as(same.errors()).isEqualTo(3);
            assertThat(same.output()).contains("0 of ", "no function of");
            assertThat(none).doesNotExist();

            Files.writeString(source, "int wrong(void) { return; }");
            Result mistake = Scripts.pulpo("diff", library, library, "-o", none.toString(), "--add", source.toString(),
                    "--", "-Werror");
            assertThat(mistake.status()).isEqualTo(1);
            assertThat(mistake.errors()).contains("plain.c:1").doesNotContain("\tat ");
            assertThat(Scripts.pulpo("diff", library, library, "-o", none.toString(), "--add", source.toString())
                    .output()).contains("unknown: wrong of ", "has no function of that name");
            assertThat(none).doesNotExist();
            Files.writeString(source, "#include \"pulpo.h\"\n"
                    + "const char *greeting(void) { return TEXT; } void pulpo_after_apply(void) {}");
            Result added = Scripts.pulpo("diff", library, library, "-o", none.toString(), "--add", source.toString(),
                    "--", "-DTEXT=\"hello from version 4\"",
                    "-I" + Path.of(Scripts.pulpo("stub", "--header").output().strip()).getParent());
            assertThat(added.status()).as(added.errors() + added.output()).isZero();
            assertThat(added.output()).contains("added source replaces greeting (", "greeting.c:",
                    "added source has pulpo_after_apply");
            assertThat(Scripts.pulpo("apply", "-p", server.pid(), none.toString()).status()).isZero();
            assertThat(server.says()).isEqualTo("4");
            assertThat(Scripts.pulpo("revert", "-p", server.pid(), none.toString()).status()).isZero();
            assertThat(server.says()).isEqualTo("1");
        } finally {
            Files.deleteIfExists(directory.resolve("none.so"));
            Files.deleteIfExists(container);
            Files.delete(source);
            Files.delete(directory);
        }
    }

    @Tag("slow")
    @Test
    void wrongUsageAndGoneProcesses() throws Exception {
        assertThat(Scripts.pulpo().status()).isEqualTo(2);
        assertThat(Scripts.pulpo("apply", "-p", "1", "--replace", "x", FIX).status()).isEqualTo(2);
        // No pid is that high: the kernel's limit is 2^22.
        assertThat(Scripts.pulpo("messages", "-p", "99999999").status()).isEqualTo(5);
        assertThat(Scripts.pulpo("patches", "-p", "no-such-program*").status()).isEqualTo(5);
    }

    @Test
    void programRunsWithTheStubAndItsStatusIsPassedOn() throws Exception {
        Result result = Scripts.pulpo("run", "--", "sh", "-c", "echo $LD_PRELOAD; exit 7");
        assertThat(result.status()).isEqualTo(7);
        assertThat(result.output()).isEqualTo(Scripts.pulpo("stub").output());
    }

    @Tag("slow")
    @Test
    void quickstartShowsAllThreeStates() throws Exception {
        Result result = Scripts.run("", "quickstart");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).contains("before ", "after ", "reverted ", "stop ", "version 1", "version 2");
    }
}
