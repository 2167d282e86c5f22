package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchStore;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;

/** The option that names the store of patches. */
final class StoreOption {
    @CommandLine.Option(names = "--store", paramLabel = "DIRECTORY", description = "where accepted patches are kept (default: PULPO_STORE in the environment, or /var/lib/pulpo)")
    private Optional<Path> directory = Optional.empty();

    /** The store; it is made with the first change. */
    PatchStore store() {
        return PatchStore.at(directory
                .or(() -> Optional.ofNullable(System.getenv("PULPO_STORE")).filter(path -> !path.isEmpty())
                        .map(RawText::path))
                .orElse(PatchStore.DEFAULT));
    }
}
