package dev.pulpo.examples.cli;

import dev.pulpo.engine.Upkeep;
import java.io.IOException;
import picocli.CommandLine;

/** {@code pulpo restore}. */
@CommandLine.Command(name = "restore", description = "Gives all processes what they should have: applies accepted patches that are missing, and reverts withdrawn ones.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:every process has what it should have", "1:any failure that is not listed here", "2:wrong usage",
        "3:a process refuses a patch, or could not be looked at",
        "4:threads blocked a change until the deadline"})
final class Restore extends Command {
    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws IOException, InterruptedException {
        return Standings.look(new Upkeep(where.store())).restore(this, when.consistency());
    }
}
