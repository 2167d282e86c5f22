package dev.pulpo.examples.cli;

import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.exit.ExitStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;

/** {@code pulpo status}. */
@CommandLine.Command(name = "status", description = "Compares the accepted patches with what processes have, process by process. Changes nothing.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:every process has what it should have", "1:there is drift, or any other failure",
        "2:wrong usage", "3:processes could not be looked at, and the others have no drift"})
final class Status extends Command {
    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Option(names = "--metrics", paramLabel = "FILE", description = "write the numbers to this file, too, as OpenMetrics text, for node_exporter's textfile collector; the file is replaced in one step")
    private Optional<Path> metrics = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Upkeep upkeep = new Upkeep(where.store());
        Standings standings = Standings.look(upkeep);
        for (StoredPatch patch : upkeep.patches()) {
            List<String> lines = new ArrayList<>(List.of(standings.text(patch)));
            lines.addAll(standings.lines(patch));
            say(String.join(System.lineSeparator(), lines));
        }
        standings.tellFailures(this);
        if (metrics.isPresent()) {
            StatusMetrics.write(standings, metrics.get());
        }
        long drift = standings.drift();
        print(upkeep.patches().isEmpty()
                ? "no patch was accepted"
                : "drift: " + drift + " of "
                        + standings.processes().size() + " processes",
                Json.object("drift", drift, "patches",
                        upkeep.patches().stream().map(standings::json).toList(), "processes",
                        standings.processes().values().stream().map(standings::json).toList(), "unread",
                        standings.unread()));
        return drift > 0 ? ExitStatus.OTHER : standings.failures().isEmpty() ? 0 : ExitStatus.REFUSED;
    }
}
