package dev.pulpo.examples.cli;

import dev.pulpo.engine.OutdatedFile;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.UpdatePlan;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Workers;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;

/** {@code pulpo outdated}. */
@CommandLine.Command(name = "outdated", description = "Says which processes run code whose file has been replaced since, what has changed, and whether a live update would go in. Stops nothing.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:no process runs outdated code", "1:some do", "2:wrong usage",
        "3:processes could not be looked at, and no other is outdated", "5:the process is gone"})
final class Outdated extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, split = ",", paramLabel = "PID", description = "the process, or several (default: all)")
    private Set<Integer> pids = new LinkedHashSet<>();

    @CommandLine.Option(names = "--brief", description = "name the files, and compare nothing; a process that was updated live is listed, too")
    private boolean brief;

    @CommandLine.Option(names = "--verbose", description = "list all functions and all reasons")
    private boolean verbose;

    @Override
    public Integer call() throws InterruptedException {
        Fleet fleet = Fleet.look(pids);
        int current = pids.size() == 1 && fleet.failures().values().stream()
                .anyMatch(TargetGoneException.class::isInstance) ? ExitStatus.GONE : ExitStatus.REFUSED;
        Map<Integer, Object> objects = new TreeMap<>();
        int outdated = brief ? list(fleet, objects) : plan(fleet, objects);
        fleet.failures().forEach((pid, why) -> {
            trace(why);
            say("process " + pid + " (" + ProcessFilter.processName(pid) + "): not looked at: "
                    + Failures.message(why));
        });
        print("outdated: " + outdated + " of " + fleet.looked() + " processes",
                Json.object("outdated", outdated, "processes", List.copyOf(objects.values()), "unread",
                        fleet.unread()));
        return outdated > 0 ? ExitStatus.OTHER : fleet.failures().isEmpty() ? 0 : current;
    }

    private int list(Fleet fleet, Map<Integer, Object> objects) {
        fleet.outdated().forEach((pid, files) -> {
            String name = ProcessFilter.processName(pid);
            List<String> lines = new ArrayList<>(List.of("process " + pid + " (" + name + "): outdated"));
            files.forEach((OutdatedFile file) -> lines.add("  " + fleet.text(file)));
            say(String.join(System.lineSeparator(), lines));
            objects.put(pid, Json.object("pid", pid, "name", name, "files",
                    files.stream().map(fleet::json).toList()));
        });
        return fleet.outdated().size();
    }

    private int plan(Fleet fleet, Map<Integer, Object> objects) throws InterruptedException {
        fleet.compare();
        int[] outdated = new int[1];
        new Crowd(Crowd.Limits.ofReading(Workers.possible())).<UpdatePlan>run(
                List.copyOf(fleet.outdated().keySet()), fleet::plan, result -> {
                    result.failure().ifPresent(why -> {
                        if (!(why instanceof TargetGoneException)) {
                            fleet.failures().put(result.pid(), why);
                            outdated[0]++;
                        }
                    });
                    result.value().ifPresent(plan -> {
                        say(String.join(System.lineSeparator(), fleet.lines(plan, verbose)));
                        objects.put(result.pid(), fleet.json(plan));
                        outdated[0] += plan.isUpToDate() ? 0 : 1;
                    });
                }, done -> {});
        return outdated[0];
    }
}
