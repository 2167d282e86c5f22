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
        String json;
        try {
            ObjectSymbols symbols = ObjectSymbols.open(file);
            json = (debug == null ? symbols : with(symbols, debug)).toJson();
        } catch (IOException | MalformedElfException e) {
            return failed("error reading elf file " + RawText.of(file), e);
        } catch (DebugFileException e) {
            return failed("error reading debug file " + RawText.of(e.file), e.reason);
        }
        if (output == null) {
            out().print(json);
            out().flush();
            return 0;
        }
        try {
            Files.writeString(output, json);
            return 0;
        } catch (IOException e) {
            return failed("error writing " + RawText.of(output), e);
        }
    }

    private static ObjectSymbols with(ObjectSymbols symbols, Path debug) {
        try {
            return symbols.with(ObjectSymbols.open(debug), RawText.of(debug));
        } catch (IOException | MalformedElfException e) {
            throw new DebugFileException(debug, e);
        }
    }

    /** The second file cannot be read; the first could. */
    private static final class DebugFileException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Path file;
        private final Exception reason;

        DebugFileException(Path file, Exception reason) {
            super(reason);
            this.file = file;
            this.reason = reason;
        }
    }

    private int failed(String what, Exception reason) {
        warn(what + ": " + (reason instanceof IOException e ? reason(e) : String.valueOf(reason.getMessage())));
        return Ulp.FAILED;
    }
}
