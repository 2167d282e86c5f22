package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The JSON Schemas of the commands. All output with {@code --json} that tests see is checked against them. */
public final class Schemas {
    /** Where they are, for everybody; here they come from the class path. */
    public static final String BASE = "https://pulpo.dev/schema/0.1/";

    /** Their place among the resources. */
    public static final String RESOURCES = "dev/pulpo/examples/schema/";

    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemaIdResolvers(ids -> ids.mapPrefix(BASE, "classpath:" + RESOURCES)));
    private static final Map<String, Schema> SCHEMAS = new ConcurrentHashMap<>();

    private Schemas() {}

    /** What is wrong with the output of a command; empty where nothing is. Each line is an object; only probe prints several. */
    public static List<String> mistakes(String command, String output) {
        List<String> lines = output.lines().toList();
        return lines.isEmpty() || lines.size() > 1 && !command.equals("probe")
                ? List.of("one line is expected, and there are " + lines.size())
                : lines.stream().flatMap(line -> ofLine(command, line).stream()).toList();
    }

    private static List<String> ofLine(String command, String json) {
        Schema schema = SCHEMAS.computeIfAbsent(command,
                name -> REGISTRY.getSchema(SchemaLocation.of(BASE + name + ".json")));
        return schema.validate(json, InputFormat.JSON).stream().map(Object::toString).toList();
    }

    /** Checks the output of a command line, if it is one of {@code pulpo} with {@code --json}. */
    static void check(List<String> command, String output) {
        int pulpo = command.getFirst().endsWith("/bin/pulpo") ? 1 : command.size();
        if (pulpo < command.size() && command.contains("--json") && !command.contains("--") && !output.isBlank()) {
            assertThat(mistakes(command.get(pulpo), output)).as(command + " printed " + output).isEmpty();
        }
    }
}
