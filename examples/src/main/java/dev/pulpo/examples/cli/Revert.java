package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** {@code pulpo revert}: all patches in all processes, or none in any. */
@CommandLine.Command(name = "revert", description = "Reverts all patches in all processes, or none in any.")
final class Revert extends OnProcesses {
    /** The beginning of an id. */
    private static final Pattern ID = Pattern.compile("[0-9a-fA-F]{4,64}");

    @CommandLine.Parameters(arity = "1..*", paramLabel = "(FILE.so|PATCH-ID)", description = "the patch, by file or by the beginning of its id. Several are reverted in one stop, or none is")
    private List<String> patches = new ArrayList<>();

    @CommandLine.Option(names = "--keep", description = "keep the patches loaded as long as the process lives, even if nothing can lead into them any more")
    private boolean keep;

    @CommandLine.Mixin
    private When when = new When();

    @Override
    int run(List<LiveProcess> processes) throws IOException {
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        List<Object> already = new ArrayList<>();
        for (LiveProcess process : processes) {
            Set<PatchId> those = new LinkedHashSet<>();
            for (String patch : patches) {
                Optional<PatchId> id = id(process, patch);
                those.addAll(id.stream().toList());
                if (id.isEmpty()) {
                    lines.add((processes.size() == 1 ? "" : "process " + process.pid() + ": ")
                            + Outcome.Kind.NOT_IN_FORCE_ALREADY.words() + ": " + patch);
                    already.add(Json.object("outcome", Outcome.Kind.NOT_IN_FORCE_ALREADY.words(), "pid",
                            process.pid(), "patch", patch));
                }
            }
            if (!those.isEmpty()) {
                ids.put(process, List.copyOf(those));
            }
        }
        if (ids.isEmpty()) {
            print(String.join(System.lineSeparator(), lines),
                    already.size() == 1
                            ? already.getFirst()
                            : Json.object("outcome",
                                    Outcome.Kind.NOT_IN_FORCE_ALREADY.words(), "processes", already));
            return 0;
        }
        lines.forEach(this::say);
        if (processes.size() > 1) {
            return print(Transaction.revert(ids, when.consistency(), retention()), "reverted");
        }
        Map.Entry<LiveProcess, List<PatchId>> only = ids.entrySet().iterator().next();
        Outcome outcome = only.getKey().revert(only.getValue(), when.consistency(), retention());
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private Retention retention() {
        return keep ? Retention.ALWAYS : Retention.WHILE_REACHABLE;
    }

    /**
     * The patch that is meant; empty if it exists, or may have, and is not applied.
     *
     * @throws RefusedException where nothing of that name is known
     */
    private Optional<PatchId> id(LiveProcess process, String patch) throws IOException {
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
        if (found.size() > 1) {
            throw usage(patch + " names " + found.size() + " patches of process " + process.pid() + ": "
                    + String.join(", ", found.stream().map(PatchId::shortForm).toList()));
        }
        if (found.isEmpty() && content.isEmpty() && !ID.matcher(patch).matches()) {
            throw new RefusedException(process.pid(), new Refusal.NotApplied(patch));
        }
        return found.stream().findFirst();
    }
}
