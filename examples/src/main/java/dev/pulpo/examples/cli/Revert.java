package dev.pulpo.examples.cli;

import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;

/** {@code pulpo revert}. */
@CommandLine.Command(name = "revert", description = "Takes a patch back.")
final class Revert extends OnProcess {
    @CommandLine.Parameters(paramLabel = "(FILE.so|PATCH-ID)", description = "the patch; of an id the beginning will do")
    private String patch = "";

    @CommandLine.Mixin
    private When when = new When();

    @Override
    int run(LiveProcess process) throws IOException {
        Outcome outcome = process.revert(id(process), when.consistency());
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private PatchId id(LiveProcess process) throws IOException {
        String file = Path.of(patch).toAbsolutePath().normalize().toString();
        // The first half of an id comes from the file alone, so a copy of the file names the patch as well.
        String content = Files.isRegularFile(Path.of(patch))
                ? LivePatch.of(Path.of(patch)).id().hex().substring(0, PatchId.BYTES)
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
