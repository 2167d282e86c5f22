package dev.pulpo.examples.cli;

import dev.pulpo.engine.PatchStore;
import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.Upkeep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo withdraw}. */
@CommandLine.Command(name = "withdraw", description = "Takes accepted patches back: reverts them in all processes, and gives them to none any more.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:withdrawn, and in force nowhere", "1:any failure that is not listed here", "2:wrong usage",
        "3:withdrawn, and a process refuses to revert it, or could not be looked at",
        "4:withdrawn, and threads blocked the change until the deadline"})
final class Withdraw extends Command {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "PATCH-ID", description = "the patch, by the beginning of its id")
    private List<String> ids = new ArrayList<>();

    @CommandLine.Option(names = "--reason", paramLabel = "TEXT", description = "why, for those who look at it later")
    private String reason = "";

    @CommandLine.Option(names = "--forget", description = "keep no note of it, unless a process still has it; without this option the store knows it as withdrawn")
    private boolean forget;

    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PatchStore store = where.store();
        List<StoredPatch> meant = new ArrayList<>();
        for (String id : ids) {
            meant.add(find(store, id));
        }
        List<StoredPatch> withdrawn = new ArrayList<>();
        for (StoredPatch patch : meant) {
            store.withdraw(patch, reason).ifPresent(withdrawn::add);
            say("withdrawn " + patch.id().shortForm());
        }
        Standings standings = Standings.look(new Upkeep(store).only(withdrawn));
        int status = standings.restore(this, when.consistency());
        if (forget && standings.drift() == 0) {
            for (StoredPatch patch : withdrawn) {
                store.forget(patch);
            }
        }
        return status;
    }

    private StoredPatch find(PatchStore store, String id) throws IOException {
        List<StoredPatch> found = store.find(id);
        if (found.isEmpty()) {
            throw new IOException(store.directory() + " has no patch " + id + "; pulpo status lists those that it has");
        }
        if (found.size() > 1) {
            throw usage(id + " names " + found.size() + " patches: " + found.stream()
                    .map(patch -> patch.id().hex() + " for build " + patch.build()).collect(Collectors.joining(", ")));
        }
        return found.getFirst();
    }
}
