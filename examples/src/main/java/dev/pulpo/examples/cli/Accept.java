package dev.pulpo.examples.cli;

import dev.pulpo.engine.Check;
import dev.pulpo.engine.PatchStore;
import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.ulp.CheckConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/** {@code pulpo accept}. */
@CommandLine.Command(name = "accept", description = "Keeps patches for every process, now and later, that runs the builds that they are for, and applies them now. Processes that start later get them from 'pulpo watch', or 'pulpo restore'.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:accepted, and in force in every such process", "1:any failure that is not listed here", "2:wrong usage",
        "3:accepted, and a process refuses it, or could not be looked at",
        "4:accepted, and threads blocked the change until the deadline"})
final class Accept extends Command {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "FILE.so", description = "the patch, a container; it is copied")
    private List<Path> files = new ArrayList<>();

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check, as with 'pulpo apply'")
    private List<Check> allowed = new ArrayList<>();

    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PatchStore store = where.store();
        List<StoredPatch> accepted = new ArrayList<>();
        for (Path file : files) {
            StoredPatch patch = store.accept(file, Set.copyOf(allowed));
            say("accepted " + patch.id().shortForm() + ": " + patch.origin() + " for build " + patch.build());
            accepted.add(patch);
        }
        return Standings.look(new Upkeep(store).only(accepted)).restore(this, when.consistency());
    }
}
