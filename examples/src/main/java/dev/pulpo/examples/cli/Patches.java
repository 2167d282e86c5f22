package dev.pulpo.examples.cli;

import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.examples.shell.Shell;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo patches}. */
@CommandLine.Command(name = "patches", description = "Lists the patches of processes.")
final class Patches extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "PID|NAME|WILDCARD", description = "which processes, by id or name; without it all that carry the stub and may be read")
    private String which = "";

    @Override
    public Integer call() {
        List<Integer> pids = pids();
        List<String> lines = new ArrayList<>();
        List<Object> objects = new ArrayList<>();
        for (int pid : pids) {
            try (LiveProcess process = LiveProcess.attach(pid)) {
                List<AppliedPatch> patches = process.patches();
                lines.add(process + (patches.isEmpty() ? ": no patches" : ""));
                patches.forEach(patch -> lines.add("  " + patch));
                objects.add(Json.object("pid", pid, "name", process.name(), "patches",
                        patches.stream().map(Json::of).collect(Collectors.toList())));
            } catch (TargetGoneException e) {
                if (isPid()) {
                    throw e;
                }
            }
        }
        if (lines.isEmpty()) {
            lines.add("no process carries the stub, or none that may be read");
        }
        print(String.join("\n", lines), Json.object("processes", objects));
        return 0;
    }

    private boolean isPid() {
        return which.matches("\\d{1,9}");
    }

    private List<Integer> pids() {
        if (isPid()) {
            return List.of(Integer.valueOf(which));
        }
        List<Integer> found = Shell.processes(which.isEmpty() ? "*" : which).stream().map(Shell.Candidate::pid)
                .toList();
        if (found.isEmpty() && !which.isEmpty()) {
            throw new NoSuchProcess("no process that carries the stub and may be read matches '" + which + "'");
        }
        return found;
    }

    /** No process has the name that was asked for. */
    static final class NoSuchProcess extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoSuchProcess(String message) {
            super(message);
        }
    }
}
