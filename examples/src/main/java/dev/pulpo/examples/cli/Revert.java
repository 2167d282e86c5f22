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
import picocli.CommandLine;

/** {@code pulpo revert}: all patches in all processes, or none in any. */
@CommandLine.Command(name = "revert", description = "Reverts all patches in all processes, or none in any.")
final class Revert extends OnProcesses {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "(FILE.so|PATCH-ID)", description = "the patch, by file or by the beginning of its id. Several are reverted in one stop, or none is")
    private List<String> patches = new ArrayList<>();

    @CommandLine.Option(names = "--keep", description = "keep the patches loaded as long as the process lives, even if nothing can lead into them any more")
    private boolean keep;

    @CommandLine.Mixin
    private When when = new When();

    @Override
    String title() {
        return "revert " + String.join(", ", patches);
    }

    @Override
    int run(List<LiveProcess> processes) throws IOException {
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        List<Object> already = new ArrayList<>();
        for (String patch : patches) {
            checkKnown(processes, patch);
        }
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
        lines.forEach(this::note);
        if (processes.size() > 1) {
            return print(Transaction.revert(ids, when.consistency(), retention()), "reverted");
        }
        Map.Entry<LiveProcess, List<PatchId>> only = ids.entrySet().iterator().next();
        Outcome outcome = only.getKey().revert(only.getValue(), when.consistency(), retention());
        note(outcome.toString());
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private Retention retention() {
        return keep ? Retention.ALWAYS : Retention.WHILE_REACHABLE;
    }

    /**
     * Whoever names another file than was applied must not be told that all is well.
     *
     * @throws RefusedException where none of the processes has ever had the patch
     */
    private void checkKnown(List<LiveProcess> processes, String patch) throws IOException {
        String content = content(patch);
        for (LiveProcess process : processes) {
            if (process.patches().stream().anyMatch(applied -> isMeant(applied.id(), patch, content)
                    || applied.file().equals(path(patch)))
                    || process.recorded().stream().anyMatch(id -> isMeant(id, patch, content))) {
                return;
            }
        }
        throw new RefusedException(processes.getFirst().pid(), new Refusal.NotApplied(patch));
    }

    private static boolean isMeant(PatchId id, String patch, String content) {
        return id.matches(patch) || id.matches(content);
    }

    private static String path(String patch) {
        return RawText.of(RawText.path(patch).toAbsolutePath().normalize());
    }

    /** The first half of an id depends on the file's content alone, so a copy of the file also names the patch. */
    private static String content(String patch) throws IOException {
        Path named = RawText.path(patch);
        return Files.isRegularFile(named) ? LivePatch.of(named).id().hex().substring(0, PatchId.BYTES) : "";
    }

    /** The patch that is meant; empty if it is not applied. */
    private Optional<PatchId> id(LiveProcess process, String patch) throws IOException {
        String content = content(patch);
        List<PatchId> found = process.patches().stream()
                .filter(applied -> applied.file().equals(path(patch)) || isMeant(applied.id(), patch, content))
                .map(AppliedPatch::id).distinct().toList();
        if (found.size() > 1) {
            throw usage(patch + " names " + found.size() + " patches of process " + process.pid() + ": "
                    + String.join(", ", found.stream().map(PatchId::shortForm).toList()));
        }
        return found.stream().findFirst();
    }
}
