package dev.pulpo.examples.ulp;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** {@code set_patchable}: enables or disables patching of processes. */
@CommandLine.Command(name = "set_patchable", description = "Enable/disable livepatching in process.")
final class SetPatchable extends UlpCommand {
    /** For one process: reading its state and one write. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration FOR_EVER = Duration.ofDays(1);

    @CommandLine.Mixin
    private Which which = new Which();

    @SuppressWarnings("UnusedVariable") // libpulp has this option; here nothing is stopped, so nothing can be busy
    @CommandLine.Option(names = {"-r",
            "--retries"}, paramLabel = "N", description = "Retry N times if process busy; has no effect, because no process is stopped")
    private int retries = 1;

    @CommandLine.Parameters(paramLabel = "ARG1", description = "enable or disable")
    private String wanted = "";

    @Override
    int run() throws InterruptedException {
        String word = wanted.toLowerCase(Locale.ROOT);
        if (!word.equals("enable") && !word.equals("disable")) {
            warn("Empty argument. Expected: 'enable' or 'disable'");
            return isTruthful() ? ExitStatus.USAGE : Ulp.FAILED;
        }
        boolean enable = word.equals("enable");
        Crowd.Found found = which.found();
        if (found.pids().isEmpty()) {
            warn(which.nothing() + ".");
            return isTruthful() ? ExitStatus.GONE : which.pid().isPresent() ? Ulp.FAILED : 0;
        }
        AtomicInteger status = new AtomicInteger();
        new Crowd(Crowd.Limits.ofChanging(which.workers(), PATIENCE, FOR_EVER)).run(found.pids(),
                found.unlessFailed(pid -> change(pid, enable)), result -> {
                    result.value().filter(line -> !line.isEmpty())
                            .ifPresent(line -> warn(line + ": livepatching is now " + word + "d."));
                    result.failure().ifPresent(failure -> {
                        warn("Unable to change status of process " + result.pid() + ": " + Unforeseen.words(failure));
                        trace(failure);
                        status.accumulateAndGet(
                                isTruthful() ? ExitStatus.of(failure) : which.pid().isPresent() ? Ulp.FAILED : 0,
                                Math::max);
                    });
                }, done -> {});
        return status.get();
    }

    /** The name of the process if it was changed, else an empty text. */
    private String change(int pid, boolean enable) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            process.awaitOthers(PATIENCE, this::warn);
            return process.setPatchable(enable) ? "Process " + process.name() + " (pid: " + pid + ")" : "";
        }
    }
}
