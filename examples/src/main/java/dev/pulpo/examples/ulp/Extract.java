package dev.pulpo.examples.ulp;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.ObjectSymbols;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code extract}: writes the symbols of a library as JSON, from which a description can be packed without the library. */
@CommandLine.Command(name = "extract", description = "Writes the symbols of the library in ARG1 to a JSON file.")
final class Extract extends UlpCommand {
    @CommandLine.Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "Write output to FILE")
    private @Nullable Path output;

    @CommandLine.Option(names = {"-d",
            "--with-debuginfo"}, paramLabel = "DEBUGINFO", description = "Use debuginfo information for symbolextraction")
    private @Nullable Path debug;

    @CommandLine.Parameters(paramLabel = "ARG1", description = "the library")
    private Path file = Path.of("");

    @Override
    int run() {
        try {
            ObjectSymbols symbols = ObjectSymbols.open(file);
            if (debug != null) {
                symbols = symbols.with(ObjectSymbols.open(debug), RawText.of(debug));
            }
            if (output == null) {
                out().print(symbols.toJson());
                out().flush();
            } else {
                Files.writeString(output, symbols.toJson());
            }
            return 0;
        } catch (IOException e) {
            warn("error reading elf file " + RawText.of(file) + ": " + reason(e));
        } catch (MalformedElfException e) {
            warn("error reading elf file " + RawText.of(file) + ": " + e.getMessage());
        }
        return Ulp.FAILED;
    }
}
