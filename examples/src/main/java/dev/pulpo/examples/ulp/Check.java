package dev.pulpo.examples.ulp;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import picocli.CommandLine;

/** {@code check}: says whether a patch is in force, from the bytes of its functions. */
@CommandLine.Command(name = "check", description = "Check if patch in ARG1 is applied on process with -p PID. The exit status is 1 if it is applied, as in libpulp.")
final class Check extends UlpCommand {
    private static final int APPLIED = 1;
    private static final int ERROR = 255;

    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "process", description = "Target process name, wildcard, or PID")
    private String process = "";

    @CommandLine.Parameters(paramLabel = "ARG1", description = "the patch")
    private Path file = Path.of("");

    @Override
    int run() {
        PatchId id;
        try {
            id = LivePatch.open(file).id();
        } catch (IOException | MalformedElfException e) {
            warn("error extracting .ulp section from " + RawText.of(file));
            detail(FailureText.of(e));
            return isTruthful() ? ExitStatus.OTHER : Ulp.FAILED;
        }
        OptionalInt pid = process.matches("\\d{1,9}")
                ? OptionalInt.of(Integer.parseInt(process))
                : OptionalInt.empty();
        if (pid.isEmpty()) {
            warn("check does not support process wildcard");
            return isTruthful() ? ExitStatus.USAGE : ERROR;
        }
        try (LiveProcess target = LiveProcess.attach(pid.getAsInt())) {
            boolean applied = target.patches().stream().anyMatch(
                    patch -> patch.id().equals(id) && patch.status() == AppliedPatch.Status.IN_FORCE);
            warn(applied ? "patch already applied" : "patch not yet applied");
            if (!applied) {
                target.otherPatcher().ifPresent(other -> warn("note: " + other));
            }
            return isTruthful() ? applied ? 0 : ExitStatus.REFUSED : applied ? APPLIED : 0;
        } catch (PulpoException e) {
            warn("error gathering target process information.");
            detail(FailureText.of(e));
            return isTruthful() ? ExitStatus.of(e) : ERROR;
        }
    }
}
