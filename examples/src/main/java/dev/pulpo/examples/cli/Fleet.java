package dev.pulpo.examples.cli;

import dev.pulpo.engine.FileChange;
import dev.pulpo.engine.InstalledPackage;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.LiveUpdate;
import dev.pulpo.engine.OutdatedFile;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.UpdatePlan;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Workers;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The processes of this machine that run outdated code, for commands that report or update them. */
final class Fleet {
    private static final int NAMED = 8;

    private final LiveUpdate update;
    private final Map<Integer, List<OutdatedFile>> outdated = new TreeMap<>();
    private final Map<Integer, Throwable> failures = new TreeMap<>();
    private final Map<String, InstalledPackage> packages;
    private final int looked;

    private Fleet(LiveUpdate update, Collection<Integer> pids, boolean asked) throws InterruptedException {
        this.update = update;
        Crowd.Limits limits = Crowd.Limits.ofReading(Workers.possible());
        new Crowd(limits).run(List.copyOf(pids), update::outdated, result -> {
            result.value().filter(files -> !files.isEmpty()).ifPresent(files -> outdated.put(result.pid(), files));
            // A process that the user did not name, and that has ended since it was listed, is none.
            result.failure().filter(why -> asked || !(why instanceof TargetGoneException))
                    .ifPresent(why -> failures.put(result.pid(), why));
        }, done -> {});
        looked = pids.size();
        packages = LiveUpdate.packages(outdated.values().stream().flatMap(List::stream).toList());
    }

    /** Looks at these processes; at all of them without any. */
    static Fleet look(Set<Integer> pids) throws InterruptedException {
        return new Fleet(LiveUpdate.ofThisMachine(), pids.isEmpty() ? ProcessFilter.processes() : pids,
                !pids.isEmpty());
    }

    /** The outdated files of processes that have any. */
    Map<Integer, List<OutdatedFile>> outdated() {
        return outdated;
    }

    /** Why processes could not be looked at. */
    Map<Integer, Throwable> failures() {
        return failures;
    }

    int looked() {
        return looked;
    }

    /** Compares what is to be compared, each pair of builds once, and without the limits that hold for a process. */
    void compare() {
        outdated.values().stream().flatMap(List::stream).filter(file -> !file.gone() && file.objection().isEmpty())
                .forEach(file -> {
                    try {
                        update.change(file);
                    } catch (PulpoException ofThisProcess) {
                        // It is met again, and reported, when the process is planned.
                    }
                });
    }

    LiveUpdate update() {
        return update;
    }

    /** The plan for a process, which stays open. */
    UpdatePlan plan(LiveProcess process) {
        return update.plan(process, outdated.getOrDefault(process.pid(), List.of()));
    }

    /** The plan for a process. */
    UpdatePlan plan(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return plan(process);
        }
    }

    /** An outdated file, with its package. */
    String text(OutdatedFile file) {
        InstalledPackage owner = packages.get(file.path());
        return file + (owner == null ? "" : ", by " + owner) + (file.ownView() ? "" : ", in a container");
    }

    /** Lines on a process and its files. */
    List<String> lines(UpdatePlan plan, boolean verbose) {
        List<String> lines = new ArrayList<>();
        lines.add("process " + plan.pid() + " (" + plan.name() + "): "
                + (plan.isUpToDate() ? "up to date" : plan.isPossible() ? "outdated, can be updated" : "outdated"));
        for (UpdatePlan.File file : plan.files()) {
            lines.add("  " + text(file.file()));
            file.change().ifPresent(change -> lines.add("    " + text(change, verbose)));
            lines.add("    " + switch (file.state()) {
                case SAME -> "the process needs nothing";
                case UPDATED -> "updated live";
                case POSSIBLE -> "a live update can be made";
                case IMPOSSIBLE -> "no live update: " + limited(file.reasons(), verbose, "; ");
            });
        }
        plan.refusals().forEach(refusal -> lines.add("  refused: " + refusal.message(RemedyOptions.WORDING)));
        return lines;
    }

    private static String text(FileChange change, boolean verbose) {
        return change.same() && change.compared() == 0
                ? "the loaded build is installed"
                : change.same()
                        ? "none of its " + change.compared() + " functions has changed"
                        : change.differences().isEmpty()
                                ? "not compared"
                                : limited(change.differences(), verbose, ", ");
    }

    private static String limited(List<String> texts, boolean verbose, String between) {
        int shown = verbose ? texts.size() : Math.min(NAMED, texts.size());
        return String.join(between, texts.subList(0, shown))
                + (shown < texts.size() ? " and " + (texts.size() - shown) + " more" : "");
    }

    Map<String, Object> json(UpdatePlan plan) {
        return Json.object("pid", plan.pid(), "name", plan.name(), "upToDate", plan.isUpToDate(), "possible",
                plan.isPossible(), "files", plan.files().stream().map(file -> {
                    Map<String, Object> object = json(file.file());
                    object.put("state", file.state().name().toLowerCase(java.util.Locale.ROOT));
                    object.put("reasons", file.reasons());
                    file.change().ifPresent(change -> {
                        object.put("compared", change.compared());
                        object.put("differences", change.differences());
                        object.put("unchecked", change.unchecked());
                    });
                    return object;
                }).toList(), "refusals", plan.refusals().stream().map(Failures::describe).toList());
    }

    Map<String, Object> json(OutdatedFile file) {
        InstalledPackage owner = packages.get(file.path());
        return Json.object("path", file.path(), "loaded", file.loaded().map(Object::toString).orElse(""), "installed",
                file.installed().map(Object::toString).orElse(""), "gone", file.gone(), "container", !file.ownView(),
                "package", owner == null ? "" : owner.name(), "version", owner == null ? "" : owner.version());
    }

    /** Processes that could not be looked at, as JSON. */
    List<Object> unread() {
        return failures.entrySet().stream().<Object>map(entry -> Json.object("pid", entry.getKey(), "message",
                Failures.message(entry.getValue())))
                .toList();
    }
}
