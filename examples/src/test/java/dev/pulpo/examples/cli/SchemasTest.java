package dev.pulpo.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.Schemas;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Each command has a JSON Schema, and what it prints is as the schema says. {@link Schemas} checks other tests' output, too. */
class SchemasTest {
    private static final Path DEMO = Path.of("demo").toAbsolutePath();

    @TempDir
    Path directory;

    private static Set<String> commands() {
        return Pulpo.commandLine().getSubcommands().entrySet().stream()
                .filter(each -> each.getValue().getCommand() instanceof Command)
                .map(each -> each.getKey()).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String text(String name) throws Exception {
        try (InputStream schema = Schemas.class.getClassLoader()
                .getResourceAsStream(Schemas.RESOURCES + name + ".json")) {
            assertThat(schema).as("the schema " + name).isNotNull();
            return new String(schema.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @TestFactory
    List<DynamicTest> schemasAreSchemas() {
        SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        Set<String> names = commands();
        names.add("common");
        return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> {
            String schema = text(name);
            assertThat(schema).contains("\"$id\": \"" + Schemas.BASE + name + ".json\"");
            assertThat(registry.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                    .validate(schema, InputFormat.JSON)).isEmpty();
            if (!name.equals("common")) {
                assertThat(Schemas.mistakes(name, "{}")).isNotEmpty();
                assertThat(Schemas.mistakes(name, "{\"outcome\":\"failed\",\"message\":\"it is so\"}\n{}"))
                        .isNotEmpty();
                assertThat(Schemas.mistakes(name, "{\"outcome\":\"failed\",\"message\":\"it is so\"}")).isEmpty();
                assertThat(Schemas.mistakes(name, "{\"outcome\":\"failed\",\"message\":\"it is so\",\"more\":1}"))
                        .isNotEmpty();
            }
        })).toList();
    }

    /** What a command prints, after it was checked. */
    private static String json(int status, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] all = new String[arguments.length + 1];
        all[0] = arguments[0];
        all[1] = "--json";
        System.arraycopy(arguments, 1, all, 2, arguments.length - 1);
        CommandLine line = Pulpo.commandLine(all);
        line.getSubcommands().values().forEach(
                each -> each.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)));
        assertThat(line.execute(all)).as(String.join(" ", all) + ": " + out + err).isEqualTo(status);
        assertThat(Schemas.mistakes(arguments[0], out.toString())).as(String.join(" ", all) + ": " + out).isEmpty();
        return out.toString();
    }

    private String compiled(String name, String... options) throws Exception {
        String file = directory.resolve(name).toString();
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-g", "-Wl,--build-id=sha1", "-o", file));
        command.addAll(List.of(options));
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(log).isZero();
        return file;
    }

    @Tag("slow")
    @Test
    void outputIsAsTheSchemasSay() throws Exception {
        String library = compiled("libgreeting.so", "-shared", "-fPIC", "-Wl,-soname,libgreeting.so",
                DEMO.resolve("greeting.c").toString());
        String program = compiled("server", DEMO.resolve("server.c").toString(), "-L" + directory, "-lgreeting",
                "-Wl,-rpath," + directory, "-pthread");
        String source = Files.writeString(directory.resolve("plain.c"),
                "const char *greeting(void); const char *greeting(void) { return \"hello from version 3\"; }")
                .toString();
        String container = directory.resolve("plain.so").toString();
        String store = directory.resolve("store").toString();
        json(0, "stub");
        json(0, "stub", "--header");
        assertThat(json(0, "build", "--target", library, "-o", container, source)).contains("\"packed\"");
        json(0, "diff", library, library);
        json(0, "diff", library, container);
        json(0, "diff", library, container, "--explain", "greeting");
        assertThat(json(0, "diff", library, library, "-o", directory.resolve("added.so").toString(), "--add", source))
                .contains("\"added\":{\"functions\":[{\"function\":\"greeting\"");
        Path types = Files.writeString(directory.resolve("types.c"),
                "typedef enum kind { ONE, TWO } kind_t; struct point { int x; unsigned flag : 1; kind_t kind; };"
                        + "struct point point; kind_t kind;");
        String described = compiled("libtypes.so", "-shared", "-fPIC", types.toString());
        for (String type : List.of("struct point", "enum kind", "kind_t")) {
            json(0, "layout", described, type);
        }
        try (LaunchedProcess one = LiveProcess.launch(program, "2");
                LaunchedProcess two = LiveProcess.launch(program, "2")) {
            String pid = Integer.toString(one.pid());
            String both = pid + "," + two.pid();
            json(0, "preflight", "-p", pid);
            json(0, "inject", "-p", pid);
            assertThat(json(0, "plan", "-p", pid, container)).contains("\"applicable\"");
            assertThat(json(0, "apply", "-p", pid, container)).contains("\"applied\"");
            assertThat(json(0, "apply", "-p", both, container)).contains("\"in force\"");
            json(0, "patches", "-p", pid);
            json(0, "messages", "-p", pid);
            json(0, "transition", "-p", pid);
            assertThat(json(0, "stack", "-p", pid, "--locals")).contains("\"locals\"");
            json(1, "where", "-p", pid, "0x10");
            assertThat(json(0, "probe", "count", "-p", pid, "greeting", "--for", "1ms").lines()).hasSize(1);
            assertThat(json(0, "probe", "time", "-p", pid, "greeting", "--for", "1ms").lines()).hasSize(1);
            List<String> traced = List.of();
            while (traced.size() < 2) {
                // Whether a thread calls it meanwhile is up to the scheduler.
                traced = json(0, "probe", "trace", "-p", pid, "greeting", "=string", "--every", "20", "--for", "200ms")
                        .lines().toList();
            }
            assertThat(traced.getFirst()).contains("\"arguments\"", "hello from version 3");
            assertThat(traced.getLast()).contains("\"taken back\"", "\"seen\"");
            assertThat(Schemas.mistakes("probe", traced.getLast().replace("\"trace\"", "\"time\""))).isNotEmpty();
            json(0, "revert", "-p", both, container);
            json(0, "revert", "-p", pid, container);
            json(0, "outdated", "-p", pid, "--brief");
            json(0, "update", "-p", pid, "--dry-run");
            json(5, "apply", "-p", "99999999", container);
            json(2, "apply", "-p", pid, "");
            // Other processes of the machine may be unreadable: then the status is 3.
            json(unread("accept", "--store", store, "--dry-run", container), "accept", "--store", store, "--dry-run",
                    container);
        }
    }

    private static int unread(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine line = Pulpo.commandLine(arguments);
        line.getSubcommands().values().forEach(each -> each.setOut(new PrintWriter(out, true)));
        line.execute(arguments);
        return out.toString().contains("not looked at: ") ? 3 : 0;
    }
}
