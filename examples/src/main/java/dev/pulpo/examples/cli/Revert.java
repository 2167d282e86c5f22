package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;

/** {@code pulpo revert}: all patches in all processes, or none in any. */
@CommandLine.Command(name = "revert", description = "Reverts all patches in all processes, or none in any.")
final class Revert extends OnProcesses {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "(FILE.so|PATCH-ID)", description = "the patch, by file or by the beginning of its id. Several are reverted in one stop, or none is")
    private List<String> patches = new ArrayList<>();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    int run(List<LiveProcess> processes) throws IOException {
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            Set<PatchId> those = new LinkedHashSet<>();
            for (String patch : patches) {
                those.add(id(process, patch));
            }
            ids.put(process, List.copyOf(those));
        }
        if (processes.size() > 1) {
            return print(Transaction.revert(ids, when.consistency()), "reverted");
        }
        LiveProcess process = processes.getFirst();
        Outcome outcome = process.revert(ids.getOrDefault(process, List.of()), when.consistency());
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private PatchId id(LiveProcess process, String patch) throws IOException {
        Path named = RawText.path(patch);
        String file = RawText.of(named.toAbsolutePath().normalize());
        // The first half of an id depends on the file's content alone, so a copy of the file also names the patch.
        String content = Files.isRegularFile(named)
                ? LivePatch.of(named).id().hex().substring(0, PatchId.BYTES)
                : "";
        List<PatchId> found = process.patches().stream()
                .filter(applied -> applied.file().equals(file) || applied.id().matches(patch)
                        || applied.id().matches(content))
                .map(AppliedPatch::id).distinct().toList();
        if (found.isEmpty()) {
            throw new RefusedException(process.pid(), new Refusal.NotApplied(patch));
        }
        if (found.size() > 1) {
            throw usage(patch + " names " + found.size() + " patches of process " + process.pid() + ": "
                    + String.join(", ", found.stream().map(PatchId::shortForm).toList()));
        }
        return found.getFirst();
    }
}
