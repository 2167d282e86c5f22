package dev.pulpo.examples.cli;

import dev.pulpo.elf.dwarf.ValueLimits;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.LiveValue;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine;

/** {@code pulpo print}. */
@CommandLine.Command(name = "print", description = "Shows values of a process by its debug information, and writes them.")
final class Print extends OnProcess {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "EXPRESSION", description = "such as 'server.clients[0]->name', '*head' or '&table'; a variable may have its source file, its object or its function and a colon before it: net.c:listeners")
    private List<String> expressions = List.of();

    @CommandLine.Option(names = "--thread", paramLabel = "TID", description = "the thread whose thread-local variables are meant")
    private Optional<Integer> thread = Optional.empty();

    @CommandLine.Option(names = "--write", paramLabel = "VALUE", description = "write this value there, in one store: a number, a character between apostrophes, true or false, or names of constants with | between")
    private Optional<String> written = Optional.empty();

    @CommandLine.Option(names = "--elements", paramLabel = "N", description = "how many elements of an array or a text are shown (default: 200)")
    private Optional<Integer> elements = Optional.empty();

    @Override
    int run(LiveProcess process) {
        if (written.isPresent() && (expressions.size() > 1 || expressions.getFirst().strip().startsWith("&"))) {
            throw usage("--write writes one value, and no address");
        }
        List<Object> found = new ArrayList<>();
        int status = 0;
        for (String expression : expressions) {
            try {
                found.add(show(process, expression.strip()));
            } catch (RefusedException missing) {
                if (expressions.size() == 1) {
                    throw missing;
                }
                complain(Failures.message(missing));
                status = ExitStatus.REFUSED;
            }
        }
        print("", Json.object("pid", process.pid(), "values", found));
        return status;
    }

    private Object show(LiveProcess process, String expression) {
        boolean place = expression.startsWith("&");
        LiveValue value = process.value(place ? expression.substring(1) : expression,
                thread.map(OptionalInt::of).orElseGet(OptionalInt::empty));
        if (place) {
            String address = value.address().map(Object::toString).orElseThrow(
                    () -> usage(value.path() + " has no address"));
            say(expression + " = (" + value.type().name() + "*) " + address);
            return Json.object("expression", expression, "type", value.type().name() + "*", "value",
                    Json.object("address", address));
        }
        written.ifPresent(value::write);
        say(value.text(limits()));
        return Json.of(value, limits());
    }

    private ValueLimits limits() {
        try {
            return elements.map(ValueLimits::ofElements).orElse(ValueLimits.DEFAULT);
        } catch (IllegalArgumentException wrong) {
            throw usage("--elements: " + wrong.getMessage());
        }
    }
}
