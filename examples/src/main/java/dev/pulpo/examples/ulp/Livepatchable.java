package dev.pulpo.examples.ulp;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.PreparedFile;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;

/** {@code livepatchable}: says whether a library was built with prepared entries. */
@CommandLine.Command(name = "livepatchable", description = "Check if .so library in ARG1 is livepatchable.")
final class Livepatchable extends UlpCommand {
    @CommandLine.Parameters(paramLabel = "ARG1", description = "the library")
    private Path file = Path.of("");

    @Override
    int run() {
        try (ElfFile elf = ElfFile.open(file)) {
            boolean prepared = PreparedFile.isPrepared(elf);
            warn("file '" + RawText.of(file) + "' is " + (prepared
                    ? "livepatchable."
                    : "not livepatchable: Missing __patchable_function_entries section."));
            return prepared ? 0 : Ulp.FAILED;
        } catch (IOException e) {
            warn("Unable to open file '" + RawText.of(file) + "': " + reason(e) + ".");
            return Ulp.FAILED;
        }
    }
}
