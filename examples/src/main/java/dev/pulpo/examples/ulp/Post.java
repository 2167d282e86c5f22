package dev.pulpo.examples.ulp;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.PreparedFile;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;

/** {@code post}: merges the two nops at each prepared entry of a library into one instruction. */
@CommandLine.Command(name = "post", description = "Post process patch container (.so file) in ARG1.")
final class Post extends UlpCommand {
    @CommandLine.Parameters(paramLabel = "ARG1", description = "the library; processes that have it loaded keep the old file")
    private Path file = Path.of("");

    @Override
    int run() {
        try (ElfFile elf = ElfFile.open(file)) {
            if (PreparedFile.isPrepared(elf)) {
                PreparedFile.mergeNops(elf).write(file);
                return 0;
            }
            warn("Section __patchable_function_entries not found.\n(Binary not built with -fpatchable-function-entry?)");
        } catch (IOException e) {
            warn("Unable to open file '" + RawText.of(file) + "': " + reason(e) + ".");
        }
        return Ulp.FAILED;
    }
}
