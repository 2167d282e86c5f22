package dev.pulpo.examples.ulp;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Retention;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.picture.Report;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.ffm.SystemCallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;

/** {@code trigger}: applies or reverts patches in one process or in many. */
@CommandLine.Command(name = "trigger", description = "Applies the live patch in ARG1 to the process with PID")
final class Trigger extends UlpCommand {
    /** The shortest wait for threads: a try of libpulp takes some milliseconds, and a failed one costs nothing here. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PER_RETRY = Duration.ofMillis(5);
    /** The additional wait for a call of a borrowed thread. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    @CommandLine.Mixin
    private Which which = new Which();

    @CommandLine.Option(names = "--revert-all", paramLabel = "LIB", description = "Revert all patches from LIB. If LIB=target, then all patches from the target library "
            + "within the passed livepatch will be reverted.")
    private String revertAll = "";

    @CommandLine.Option(names = "--timeout", paramLabel = "t", description = "Set trigger timeout to t seconds (default 200s)")
    private long timeout = 200;

    @CommandLine.Option(names = "--disable-summarization", description = "Disable trigger ouput summarization")
    private boolean detailed;

    @CommandLine.Option(names = "--disable-seccomp", description = "disable seccomp filters on target process (use for testing purposes)")
    private boolean disableSeccomp;

    @CommandLine.Option(names = "--recursive", description = "Search for patches recursively")
    private boolean recursive;

    @CommandLine.Option(names = {"-R",
            "--root"}, paramLabel = "PREFIX", description = "Append prefix to livepatch path when passing it to target process")
    private String prefix = "";

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "Ignore the findings of this check: signature, inlined, cloned, layout, duplicated, constructor, undefined, options; libpulp has no such option")
    private List<Check> allowed = new ArrayList<>();

    @CommandLine.Option(names = {"-c",
            "--check-stack"}, description = "Wait until no thread is inside the library that is patched")
    private boolean checkStack;

    @CommandLine.Option(names = {"-r", "--retries"}, paramLabel = "N", description = "Retry N times if process busy")
    private int retries = 1;

    @CommandLine.Option(names = "--all-or-nothing", description = "Apply all patches to all their processes, or none to any; with --revert, revert them in the same way; libpulp has no such option")
    private boolean together;

    @CommandLine.Option(names = "--revert", description = "revert livepatch.")
    private boolean revert;

    @CommandLine.Option(names = "--keep", description = "With --revert, or --revert-all alone, keep the reverted patches loaded as long as the process lives; libpulp has no such option")
    private boolean keep;

    @CommandLine.Parameters(arity = "0..1", paramLabel = "ARG1", description = "the patch, or a wildcard for patches")
    private String file = "";

    @CommandLine.Mixin
    private Report drawn = new Report();

    @Override
    int run() throws IOException, InterruptedException {
        checkUsage();
        return drawn.of("trigger " + file, this::trigger, FailureText::of);
    }

    private int trigger() throws IOException, InterruptedException {
        if (disableSeccomp && !maySuspendSeccomp()) {
            warn("error: disabling seccomp requires CAP_SYS_ADMIN, but user does not provide it.\n"
                    + "suggestion: run ulp as root.");
            return Ulp.FAILED;
        }
        List<Path> files = file.isEmpty()
                ? List.of()
                : PatchFiles.isWildcard(file) ? PatchFiles.matching(file, recursive) : List.of(RawText.path(file));
        Crowd.Found found = which.found();
        List<Integer> pids = found.pids();
        if (files.isEmpty() && PatchFiles.isWildcard(file)) {
            warn("no patch matches '" + file + "'.");
            return isTruthful() ? ExitStatus.OTHER : 0;
        }
        if (pids.isEmpty()) {
            warn(which.nothing() + ".");
            return isTruthful() ? ExitStatus.GONE : which.pid().isPresent() ? Ulp.FAILED : 0;
        }
        TriggerReport report = new TriggerReport(this, !detailed, which.pid().isPresent());
        if (together) {
            new Together(this::attach, this::patch, new Together.Request(revert, revertAll, retention()), consistency())
                    .run(pids, files)
                    .forEach(each -> report(report, each));
        } else {
            eachByItself(found, files, report);
        }
        report.end();
        if (isTruthful()) {
            return report.status();
        }
        // libpulp's own status for a wildcard is always 0.
        return PatchFiles.isWildcard(file) ? 0 : report.reasons() == Verdict.UNKNOWN ? 1 : report.reasons() & 0xff;
    }

    private void eachByItself(Crowd.Found found, List<Path> files, TriggerReport report) throws InterruptedException {
        Progress progress = new Progress(found.pids().size(), !isQuiet() && Terminal.isWatched());
        // An operation ends by itself and leaves nothing half done, so it gets its own time and some more.
        Duration each = consistency().timeout().multipliedBy(Math.max(1, files.size())).plus(GRACE)
                .plusSeconds(timeout);
        new Crowd(Crowd.Limits.ofChanging(which.workers(), each, Duration.ofSeconds(timeout))).run(found.pids(),
                found.unlessFailed(pid -> process(pid, files)), result -> {
                    progress.hide();
                    report(report, result.value()
                            .orElseGet(() -> failed(result.pid(), result.failure().orElseThrow())));
                }, progress::show);
        progress.hide();
    }

    /** The outcome of a process whose failure concerns none of its patches. */
    private Done failed(int pid, Throwable failure) {
        trace(failure);
        return new Done(pid, ProcessFilter.processName(pid),
                List.of(new Verdict(file, Verdict.UNKNOWN, Unforeseen.words(pid, failure), "",
                        ExitStatus.of(failure))),
                Unforeseen.words(pid, failure));
    }

    private void checkUsage() {
        if (retries < 1) {
            throw usage("The argument to '-r' must be greater than zero; got " + retries + ".");
        }
        if (timeout < 0) {
            throw usage("--timeout value must be a non-negative integer");
        }
        if (revert && !revertAll.isEmpty()) {
            throw usage("--revert and --revert-all can not be used together.");
        }
        if (together && (disableSeccomp || file.isEmpty())) {
            throw usage("--all-or-nothing can not be used with --disable-seccomp, nor without a patch.");
        }
        if (file.isEmpty() && revertAll.isEmpty()) {
            throw usage("Too few arguments.");
        }
        if (recursive && !PatchFiles.isWildcard(file)) {
            throw usage("--recursive searches for patches, and needs a wildcard.");
        }
        if ((revert || file.isEmpty()) && !allowed.isEmpty()) {
            throw usage("--allow is for applying a patch, and can not be used to revert.");
        }
        if ((revert || file.isEmpty()) && disableSeccomp) {
            throw usage("--disable-seccomp is for applying a patch, and can not be used to revert.");
        }
        if (keep && !revert && !file.isEmpty()) {
            throw usage("--keep is for --revert, or --revert-all without a livepatch.");
        }
        if (file.isEmpty() && revertAll.equals("target")) {
            throw usage("--revert-all=target needs a livepatch, which says what its target is.");
        }
    }

    private Retention retention() {
        return keep ? Retention.ALWAYS : Retention.WHILE_REACHABLE;
    }

    /** capabilities(7): CAP_SYS_ADMIN is number 21. */
    private static boolean maySuspendSeccomp() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("CapEff:"))
                    .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1L << 21) != 0);
        }
    }

    /** The outcome of one process. */
    record Done(int pid, String name, List<Verdict> verdicts, String unreachable) {}

    private void report(TriggerReport report, Done done) {
        done.verdicts.forEach(verdict -> drawn.note(done.name + " (pid: " + done.pid + "): "
                + (verdict.isSuccess() ? "SUCCESS " + verdict.patch() : verdict.explanation())));
        if (done.unreachable.isEmpty()) {
            report.add(done.pid, done.name, done.verdicts);
        } else if (which.pid().isPresent() || done.verdicts.getFirst().isSkipped()) {
            warn("error gathering target process information: " + done.unreachable);
            report.unreachable(done.verdicts.getFirst());
        } else {
            report.failed(done.pid, done.name, done.verdicts.getFirst());
        }
    }

    /** Waits for other tools up to {@code --timeout}, and not only as long as for threads. */
    private LiveProcess attach(int pid) {
        LiveProcess process = LiveProcess.attach(pid);
        process.awaitOthers(Duration.ofSeconds(timeout), this::warn);
        if (!drawn.listener().equals(OperationListener.NONE)) {
            process.listen(drawn.listener());
        }
        return process;
    }

    private Done process(int pid, List<Path> files) {
        String name = "";
        List<Verdict> verdicts = new ArrayList<>();
        try (LiveProcess process = attach(pid)) {
            name = process.name();
            if (files.isEmpty() && !PatchFiles.isWildcard(file)) {
                verdicts.add(attempt("reverted all patches from '" + revertAll + "'",
                        () -> process.revertAll(revertAll, consistency(), retention())));
            }
            for (Path patch : files) {
                verdicts.add(attempt(RawText.of(patch), () -> trigger(process, patch)));
            }
            return new Done(pid, name, verdicts, "");
        } catch (PulpoException | SystemCallException e) {
            Verdict verdict = Verdict.of(file, e);
            return new Done(pid, name, List.of(verdict), "Error attaching to process: " + FailureText.of(e));
        }
    }

    private interface Step {
        Outcome run() throws IOException;
    }

    private static Verdict attempt(String patch, Step step) {
        try {
            return Verdict.of(patch, step.run());
        } catch (PulpoException | MalformedElfException | IOException | java.io.UncheckedIOException
                | SystemCallException failure) {
            return Verdict.of(patch, failure);
        }
    }

    private LivePatch patch(Path path) throws IOException {
        LivePatch opened = LivePatch.open(path);
        LivePatch patch = prefix.isEmpty() ? opened : opened.seenAs(RawText.path(prefix + RawText.of(opened.file())));
        for (Check check : allowed) {
            patch = patch.allow(check);
        }
        return patch;
    }

    private Outcome trigger(LiveProcess process, Path path) throws IOException {
        if (revert) {
            return process.revert(List.of(LivePatch.open(path).id()), consistency(), retention());
        }
        LivePatch patch = patch(path);
        PatchPlan plan = revertAll.isEmpty() ? process.plan(patch) : process.planInstead(patch, revertAll);
        return disableSeccomp
                ? process.applySuspendingSeccomp(plan, consistency())
                : process.apply(plan, consistency());
    }

    /**
     * libpulp lets threads finish in the old code, unless it is told to check their stacks; the truthful command line
     * changes no function while a thread is in it.
     */
    private Consistency consistency() {
        Duration patience = PATIENCE.compareTo(PER_RETRY.multipliedBy(retries)) > 0
                ? PATIENCE
                : PER_RETRY.multipliedBy(retries);
        Duration limited = patience.toSeconds() >= timeout ? Duration.ofSeconds(timeout) : patience;
        if (checkStack) {
            return Consistency.libraryQuiescent(limited);
        }
        return isTruthful()
                ? Consistency.functionQuiescent(limited)
                : new Consistency(Consistency.Level.NONE, limited);
    }
}
