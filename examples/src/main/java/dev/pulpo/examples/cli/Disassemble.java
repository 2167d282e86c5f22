package dev.pulpo.examples.cli;

import dev.pulpo.engine.FunctionCode;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.x86.text.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo disassemble}. */
@CommandLine.Command(name = "disassemble", description = {
        "Shows the instructions of functions as they stand in a process, with names and, from debug information, lines.",
        "Where a patch has changed a function, what stood there before is on the left."})
final class Disassemble extends OnProcess {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "FUNCTION", description = "a function by its name, or in hexadecimal an address inside of it, such as 0x7f12a0")
    private final List<String> functions = new ArrayList<>();

    @CommandLine.Option(names = "--syntax", paramLabel = "intel|att", description = "how instructions are written: as Intel's manuals do (intel, the default), or as the GNU assembler does (att)")
    private Syntax syntax = Syntax.INTEL;

    @CommandLine.Option(names = "--bytes", description = "show the bytes of the instructions, too")
    private boolean bytes;

    @Override
    int run(LiveProcess process) {
        List<FunctionCode> found = functions.stream().map(process::disassemble).toList();
        print(found.stream().map(each -> each.text(syntax, bytes))
                .collect(Collectors.joining(System.lineSeparator() + System.lineSeparator())),
                Json.object("functions", found.stream().map(each -> Json.of(each, syntax)).toList()));
        return 0;
    }
}
