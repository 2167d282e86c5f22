package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds the program that makes many processes, and a patch for it. */
final class CrowdVictim {
    private CrowdVictim() {}

    static Path program(Path directory) throws Exception {
        return compiled(directory, "crowd", "crowd.c", "-fpatchable-function-entry=16,14");
    }

    /** A packed patch; whoever has it answers 2 instead of 1. */
    static Path fix(Path directory, Path program) throws Exception {
        Path fix = compiled(directory, "crowd_fix.so", "crowd_fix.c", "-shared", "-fPIC");
        Path description = Files.writeString(directory.resolve("crowd.dsc"),
                fix + "\n@" + program + "\nanswer:new_answer\n");
        Result packed = Scripts.run("", "ulp", "packer", description.toString());
        assertThat(packed.status()).as(packed.errors()).isZero();
        return fix;
    }

    static Path compiled(Path directory, String output, String source, String... options) throws Exception {
        Path copy = directory.resolve(source);
        try (var resource = CrowdVictim.class.getResourceAsStream("/victims/" + source)) {
            Files.write(copy, resource.readAllBytes());
        }
        Path file = directory.resolve(output);
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-Wall", "-Werror", "-Wl,--build-id=sha1", "-o",
                file.toString(), copy.toString()));
        command.addAll(List.of(options));
        Result result = Scripts.command(command.toArray(String[]::new));
        assertThat(result.status()).as(result.errors()).isZero();
        return file;
    }
}
