package dev.pulpo.examples.ulp;

import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.Library;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OtherPatcher;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.Mark;
import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** {@code patches}: lists the patches of one process or of many. */
@CommandLine.Command(name = "patches", description = "List active patches.")
final class UlpPatches extends UlpCommand {
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
    int run() throws InterruptedException {
        Crowd.Found found = which.found();
        if (found.pids().isEmpty() && which.isChosen()) {
            warn(which.nothing() + ".");
            return isTruthful() ? ExitStatus.GONE : which.pid().isPresent() ? Ulp.FAILED : 0;
        }
        if (which.pid().isPresent()) {
            return only(which.pid().getAsInt());
        }
        AtomicInteger status = new AtomicInteger(isTruthful() && found.pids().isEmpty() ? ExitStatus.GONE : 0);
        new Crowd(Crowd.Limits.ofReading(which.workers())).run(found.pids(), found.unlessFailed(UlpPatches::look),
                result -> {
                    result.value().ifPresent(this::print);
                    // The user did not ask for this process, and it has ended since the search.
                    result.failure().filter(failure -> !(failure instanceof TargetGoneException)).ifPresent(failure -> {
                        print(result.pid(), failure);
                        status.accumulateAndGet(isTruthful() ? ExitStatus.of(failure) : Ulp.FAILED, Math::max);
                    });
                }, done -> {});
        return status.get();
    }

    private int only(int pid) {
        try {
            print(look(pid));
            return 0;
        } catch (PulpoException e) {
            warn("error gathering target process information: Error attaching to process: " + FailureText.of(e));
            return isTruthful() ? ExitStatus.of(e) : Ulp.FAILED;
        }
    }

    /** What was read from a process. */
    private record Seen(int pid, String name, boolean patchable, List<Library> libraries,
            List<AppliedPatch> patches, Optional<OtherPatcher> other) {}

    private static Seen look(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            List<AppliedPatch> patches = process.patches();
            return new Seen(pid, process.name(), process.isPatchable(), process.libraries(), patches,
                    process.otherPatcher());
        }
    }

    private void print(int pid, Throwable failure) {
        out().println("PID: " + pid + ", name: " + ProcessFilter.processName(pid));
        out().println("  Livepatching status: " + coloured(Mark.RED, "unknown") + ": "
                + Unforeseen.words(pid, failure));
        out().println();
        out().flush();
        trace(failure);
    }

    private void print(Seen process) {
        List<AppliedPatch> patches = process.patches;
        if (onlyPatched && patches.isEmpty()) {
            return;
        }
        PrintWriter out = out();
        out.println("PID: " + process.pid + ", name: " + process.name);
        out.println("  Livepatching status: "
                + (process.patchable
                        ? coloured(Mark.GREEN, "enabled")
                        : coloured(Mark.YELLOW, "disabled by user")));
        process.other.ifPresent(other -> out.println("  " + other));
        out.println("  Livepatchable libraries:");
        for (Library library : process.libraries) {
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
