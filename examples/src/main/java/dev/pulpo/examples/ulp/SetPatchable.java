package dev.pulpo.examples.ulp;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;

/** {@code set_patchable}: switches patching of processes on and off. */
@CommandLine.Command(name = "set_patchable", description = "Enable/disable livepatching in process.")
final class SetPatchable extends UlpCommand {
    @CommandLine.Mixin
    private Which which = new Which();

    @SuppressWarnings("UnusedVariable") // libpulp has it; nothing is stopped here that could be busy
    @CommandLine.Option(names = {"-r",
            "--retries"}, paramLabel = "N", description = "Retry N times if process busy; it never is, for this")
    private int retries = 1;

    @CommandLine.Parameters(paramLabel = "ARG1", description = "enable or disable")
    private String wanted = "";

    @Override
    int run() {
        String word = wanted.toLowerCase(Locale.ROOT);
        if (!word.equals("enable") && !word.equals("disable")) {
            warn("Empty argument. Expected: 'enable' or 'disable'");
            return isTruthful() ? ExitStatus.USAGE : Ulp.FAILED;
        }
        boolean enable = word.equals("enable");
        List<Integer> pids = which.pids();
        int status = isTruthful() && pids.isEmpty() ? ExitStatus.GONE : 0;
        for (int pid : pids) {
            try (LiveProcess process = LiveProcess.attach(pid)) {
                if (process.setPatchable(enable)) {
                    warn("Process " + process.name() + " (pid: " + pid + "): livepatching is now " + word + "d.");
                }
            } catch (PulpoException e) {
                warn("Unable to change status of process " + pid + ": " + e.getMessage());
                status = isTruthful() ? Math.max(status, ExitStatus.of(e)) : status;
            }
        }
        return status;
    }
}
