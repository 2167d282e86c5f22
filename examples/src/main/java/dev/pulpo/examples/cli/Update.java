package dev.pulpo.examples.cli;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
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

/** {@code pulpo update}. */
@CommandLine.Command(name = "update", description = "Brings processes to the builds that are installed: makes patches from the files that they run and the files that have replaced them, and applies them. All outdated files of a process are updated in one stop, or none is.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:all processes are up to date", "1:any failure that is not listed here", "2:wrong usage",
        "3:a process cannot be updated, or not be looked at; nothing has changed there",
        "4:threads blocked the change until the deadline",
        "5:the process is gone", "6:in transition: some threads have not changed yet"})
final class Update extends Command {
    @CommandLine.ArgGroup(multiplicity = "1")
    private Which which = new Which();

    /** Some processes, or all. */
    static final class Which {
        @CommandLine.Option(names = {"-p",
                "--process"}, split = ",", paramLabel = "PID", description = "the process, or several; each is updated by itself")
        private Set<Integer> pids = new LinkedHashSet<>();

        @CommandLine.Option(names = "--all", description = "all processes that run outdated code")
        private boolean all;
    }

    @CommandLine.Option(names = "--dry-run", description = "say what would be done, and change nothing")
    private boolean dryRun;

    @CommandLine.Option(names = "--verbose", description = "list all functions and all reasons")
    private boolean verbose;

    @CommandLine.Mixin
    private When when = new When();

    /** What has become of a process. */
    private record Done(UpdatePlan plan, List<Outcome> outcomes) {}

    @Override
    public Integer call() throws InterruptedException {
        Fleet fleet = Fleet.look(which.pids);
        fleet.compare();
        Map<Integer, Object> objects = new TreeMap<>();
        int[] status = new int[1];
        int[] counts = new int[2];
        Consistency consistency = when.consistency();
        Crowd.Limits limits = dryRun
                ? Crowd.Limits.ofReading(Workers.possible())
                : Crowd.Limits.ofOperations(Workers.possible(), consistency);
        new Crowd(limits).<Done>run(List.copyOf(fleet.outdated().keySet()), pid -> update(fleet, pid, consistency),
                result -> {
                    result.failure().ifPresent(why -> fleet.failures().put(result.pid(), why));
                    result.value().ifPresent(done -> {
                        report(fleet, done, objects);
                        boolean goes = done.plan.isPossible();
                        counts[goes ? 0 : 1]++;
                        status[0] = Math.max(status[0], goes ? 0 : ExitStatus.REFUSED);
                    });
                }, finished -> {});
        fleet.failures().forEach((pid, why) -> {
            if (which.all && why instanceof TargetGoneException) {
                // It has ended since it was listed.
                return;
            }
            trace(why);
            counts[1]++;
            // A process that may not be read is left alone; whether it is outdated is unknown.
            int its = why instanceof TargetUnreadableException ? ExitStatus.REFUSED : ExitStatus.of(why);
            status[0] = Math.max(status[0], its);
            String name = ProcessFilter.processName(pid);
            say("process " + pid + " (" + name + "): not updated: " + Failures.message(why));
            Map<String, Object> object = Failures.describe(why, its);
            object.put("pid", pid);
            object.put("name", name);
            objects.put(pid, object);
        });
        print(fleet.outdated().isEmpty() && counts[1] == 0
                ? "nothing to do: no process runs outdated code"
                : (dryRun ? "can be brought up to date: " : "up to date: ") + counts[0] + ", not: " + counts[1],
                Json.object("upToDate", counts[0], "notUpdated", counts[1], "processes",
                        List.copyOf(objects.values())));
        return status[0];
    }

    private Done update(Fleet fleet, int pid, Consistency consistency) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            UpdatePlan plan = fleet.plan(process);
            return new Done(plan, dryRun || !plan.isPossible()
                    ? List.of()
                    : fleet.update().apply(process, plan, consistency));
        }
    }

    private void report(Fleet fleet, Done done, Map<Integer, Object> objects) {
        UpdatePlan plan = done.plan;
        Map<String, Object> object = fleet.json(plan);
        object.put("outcome", !plan.isPossible()
                ? "refused"
                : plan.isUpToDate() ? "up to date" : dryRun ? "possible" : "updated");
        object.put("patches", done.outcomes.stream().map(Json::of).toList());
        objects.put(plan.pid(), object);
        if (!plan.isPossible() || dryRun || plan.isUpToDate()) {
            say(String.join(System.lineSeparator(), fleet.lines(plan, verbose)));
            return;
        }
        List<String> lines = new ArrayList<>(List.of("process " + plan.pid() + " (" + plan.name() + "): updated"));
        plan.files().stream().filter(file -> file.state() == UpdatePlan.State.POSSIBLE)
                .forEach(file -> lines.add("  " + fleet.text(file.file())));
        done.outcomes.forEach(outcome -> lines.add("  " + outcome));
        say(String.join(System.lineSeparator(), lines));
    }
}
