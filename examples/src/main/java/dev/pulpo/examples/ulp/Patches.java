package dev.pulpo.examples.ulp;

import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.Library;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.Mark;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** {@code patches}: lists what is applied, in one process or in many. */
@CommandLine.Command(name = "patches", description = "List active patches.")
final class Patches extends UlpCommand {
    /** Labels of the trackers that SUSE uses. */
    private static final Pattern LABEL = Pattern.compile("bsc#\\d*|jsc#[a-z]*(-\\d*)?|cve-\\d*(-\\d*)?",
            Pattern.CASE_INSENSITIVE);
    /** As asctime(3) writes it. */
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.ROOT);

    @CommandLine.Mixin
    private Which which = new Which();

    @CommandLine.Option(names = {"-b", "--buildid"}, description = "Print the build id")
    private boolean buildId;

    @CommandLine.Option(names = "--only-livepatched", description = "Print only processes that were livepatched")
    private boolean onlyPatched;

    @Override
    int run() {
        int status = 0;
        List<Integer> pids = which.pids();
        for (int pid : pids) {
            try (LiveProcess process = LiveProcess.attach(pid)) {
                print(process);
            } catch (PulpoException e) {
                // One that was found among many, and has ended since, was none of those that were asked for.
                if (which.pid().isPresent()) {
                    warn("error gathering target process information: Error attaching to process: " + e.getMessage());
                    status = isTruthful() ? ExitStatus.of(e) : Ulp.FAILED;
                }
            }
        }
        return isTruthful() && pids.isEmpty() ? ExitStatus.GONE : status;
    }

    private void print(LiveProcess process) {
        List<AppliedPatch> patches = process.patches();
        if (onlyPatched && patches.isEmpty()) {
            return;
        }
        List<Library> libraries = process.libraries();
        boolean patchable = process.isPatchable();
        PrintWriter out = out();
        out.println("PID: " + process.pid() + ", name: " + process.name());
        out.println("  Livepatching status: "
                + (patchable ? coloured(Mark.GREEN, "enabled") : coloured(Mark.YELLOW, "disabled by user")));
        out.println("  Livepatchable libraries:");
        for (Library library : libraries) {
            List<AppliedPatch> own = patches.stream().filter(patch -> patch.target().equals(library.path())).toList();
            if (library.prepared() || !own.isEmpty()) {
                out.println("    in " + library.path() + (buildId
                        ? " (" + library.buildId().map(BuildId::hex).orElse("") + ")"
                        : "") + ":");
                own.reversed().forEach(this::print);
            }
        }
        out.println();
        out.flush();
    }

    private void print(AppliedPatch patch) {
        PrintWriter out = out();
        out.println("      livepatch: " + patch.file().substring(patch.file().lastIndexOf('/') + 1) + " loaded on "
                + TIME.format(patch.appliedAt().atZone(ZoneId.systemDefault()))
                + switch (patch.status()) {
                    case IN_FORCE -> "";
                    case IN_TRANSITION -> " (in transition)";
                    case NOT_IN_FORCE, HALF_DONE -> " (not in force)";
                });
        List<String> labels = LABEL.matcher(patch.comment()).results().map(MatchResult::group).toList();
        if (!labels.isEmpty()) {
            out.println("        bug labels: " + String.join(" ", labels) + " ");
        }
    }
}
