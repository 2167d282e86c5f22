package dev.pulpo.examples.cli;

import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.ffm.RemoteAddress;
import picocli.CommandLine;

/** {@code pulpo where}. */
@CommandLine.Command(name = "where", description = "Says what is at an address of a process.")
final class Where extends OnProcess {
    @CommandLine.Parameters(paramLabel = "ADDRESS", description = "in hexadecimal")
    private String address = "";

    @Override
    int run(LiveProcess process) {
        CodePlace place = process.where(parse());
        print(place.toString(), Json.of(place));
        return place.permissions().isEmpty() ? ExitStatus.OTHER : 0;
    }

    private RemoteAddress parse() {
        try {
            return new RemoteAddress(Long.parseUnsignedLong(address.replaceFirst("^0[xX]", ""), 16));
        } catch (NumberFormatException e) {
            throw usage("'" + address + "' is not an address in hexadecimal; write 0x7f12a0, for example");
        }
    }
}
