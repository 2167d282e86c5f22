package dev.pulpo.examples.cli;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchStanding;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.ProcessStanding;
import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Workers;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Where the processes of this machine stand with the store, for commands that report or repair it. */
final class Standings {
    private final Upkeep upkeep;
    private final Map<Integer, ProcessStanding> processes = new TreeMap<>();
    private final Map<Integer, Throwable> failures = new TreeMap<>();

    private Standings(Upkeep upkeep) throws InterruptedException {
        this.upkeep = upkeep;
        new Crowd(Crowd.Limits.ofReading(Workers.possible())).<Optional<ProcessStanding>>run(
                upkeep.patches().isEmpty() ? List.of() : ProcessFilter.processes(), upkeep::look, result -> {
                    result.value().flatMap(standing -> standing)
                            .ifPresent(standing -> processes.put(result.pid(), standing));
                    // Nobody has named this process, so one that has ended since is none.
                    result.failure().filter(why -> !(why instanceof TargetGoneException))
                            .ifPresent(why -> failures.put(result.pid(), why));
                }, done -> {});
    }

    /** Looks at all processes. */
    static Standings look(Upkeep upkeep) throws InterruptedException {
        return new Standings(upkeep);
    }

    /** The patches of the store. */
    List<StoredPatch> patches() {
        return upkeep.patches();
    }

    /** The processes that a patch of the store is for. */
    Map<Integer, ProcessStanding> processes() {
        return processes;
    }

    /** Why processes could not be looked at. */
    Map<Integer, Throwable> failures() {
        return failures;
    }

    /** How many processes have not what they should have, or have what they should not. */
    long drift() {
        return processes.values().stream().filter(standing -> !standing.isRight()).count();
    }

    /** How many processes should have a patch. */
    long wanting(StoredPatch patch) {
        return count(patch, PatchStanding.State.ACTIVE, PatchStanding.State.MISSING, PatchStanding.State.REFUSED,
                PatchStanding.State.UNFINISHED);
    }

    /** How many processes stand so with a patch. */
    long count(StoredPatch patch, PatchStanding.State... states) {
        return processes.values().stream().flatMap(standing -> standing.patches().stream())
                .filter(standing -> standing.patch().equals(patch) && List.of(states).contains(standing.state()))
                .count();
    }

    /** Gives all processes what they should have, tells what became of each, and returns the exit status. */
    int restore(Command command, Consistency consistency) throws InterruptedException {
        List<Integer> pids = processes.values().stream().filter(standing -> !standing.isRight())
                .map(ProcessStanding::pid).toList();
        Map<Integer, Object> objects = new TreeMap<>();
        int[] status = new int[1];
        new Crowd(Crowd.Limits.ofOperations(Workers.possible(), consistency)).<Optional<Upkeep.Restored>>run(pids,
                pid -> upkeep.restore(pid, consistency), result -> {
                    result.value().map(found -> found.filter(restored -> !restored.ended())).ifPresent(found -> {
                        // It may have ended, or have executed another program since.
                        found.map(Upkeep.Restored::standing).ifPresentOrElse(
                                standing -> processes.put(result.pid(), standing),
                                () -> processes.remove(result.pid()));
                        found.ifPresent(restored -> {
                            status[0] = Math.max(status[0], tell(command, restored, objects));
                        });
                    });
                    result.failure().ifPresent(why -> {
                        processes.remove(result.pid());
                        if (!(why instanceof TargetGoneException)) {
                            failures.put(result.pid(), why);
                        }
                    });
                }, done -> {});
        tellFailures(command);
        for (Throwable why : failures.values()) {
            // A process that may not be read is left alone; what it should have is unknown.
            status[0] = Math.max(status[0],
                    why instanceof TargetUnreadableException ? ExitStatus.REFUSED : ExitStatus.of(why));
        }
        long wrong = drift();
        command.print((processes.isEmpty()
                ? "no process needs a change"
                : "as they should be: "
                        + (processes.size() - wrong) + " of " + processes.size() + " processes")
                + (failures.isEmpty() ? "" : ", not looked at: " + failures.size()),
                Json.object("right", processes.size() - wrong, "drift", wrong, "patches",
                        upkeep.patches().stream().map(this::json).toList(), "processes",
                        List.copyOf(objects.values()), "unread", unread()));
        return status[0];
    }

    /**
     * Tells which processes would get the patches, and which refuse them, and returns the exit status.
     *
     * @param accepted those that are accepted already
     */
    int rehearse(Command command, Set<StoredPatch> accepted) {
        for (StoredPatch patch : upkeep.patches()) {
            List<String> lines = new ArrayList<>();
            lines.add((accepted.contains(patch) ? "accepted already: " : "would accept ") + patch.id().shortForm()
                    + " for build " + patch.build());
            lines.addAll(lines(patch));
            command.say(String.join(System.lineSeparator(), lines));
        }
        tellFailures(command);
        long refused = processes.values().stream().filter(standing -> standing.patches().stream()
                .anyMatch(one -> one.state() == PatchStanding.State.REFUSED)).count();
        command.print("as they should be: " + (processes.size() - drift()) + ", would change: " + (drift() - refused)
                + ", refused: " + refused,
                Json.object("accepted", accepted.size() == upkeep.patches().size(), "right",
                        processes.size() - drift(), "drift", drift(), "refused", refused, "patches",
                        upkeep.patches().stream().map(this::json).toList(), "processes",
                        processes.values().stream().map(this::json).toList(), "unread", unread()));
        return refused > 0 || !failures.isEmpty() ? ExitStatus.REFUSED : 0;
    }

    private int tell(Command command, Upkeep.Restored restored, Map<Integer, Object> objects) {
        ProcessStanding standing = restored.standing();
        List<String> lines = new ArrayList<>(List.of(head(standing)));
        restored.outcomes().forEach(outcome -> lines.add("  " + outcome));
        int status = 0;
        List<Object> failed = new ArrayList<>();
        for (Map.Entry<PatchId, RuntimeException> failure : restored.failures().entrySet()) {
            int its = ExitStatus.of(failure.getValue());
            status = Math.max(status, its);
            lines.add("  " + failure.getKey().shortForm() + " failed: " + Failures.message(failure.getValue()));
            Map<String, Object> object = Failures.describe(failure.getValue(), its);
            object.put("patch", failure.getKey().hex());
            failed.add(object);
        }
        if (lines.size() == 1) {
            lines.add("  another tool has done so already");
        }
        command.say(String.join(System.lineSeparator(), lines));
        Map<String, Object> object = json(standing);
        object.put("outcomes", restored.outcomes().stream().map(Json::of).toList());
        object.put("failures", failed);
        objects.put(standing.pid(), object);
        return Math.max(status, standing.isRight() ? 0 : ExitStatus.OTHER);
    }

    /** Tells which processes could not be looked at. */
    void tellFailures(Command command) {
        failures.forEach((pid, why) -> {
            command.trace(why);
            command.say("process " + pid + " (" + ProcessFilter.processName(pid) + "): not looked at: "
                    + Failures.message(why));
        });
    }

    private static String head(ProcessStanding standing) {
        return "process " + standing.pid() + " (" + standing.name() + "):";
    }

    /** A patch, and how many processes have it. */
    String text(StoredPatch patch) {
        long over = count(patch, PatchStanding.State.LEFT_OVER);
        String of = patch.target().isEmpty() ? "build " + patch.build() : patch.target() + ", build " + patch.build();
        return "patch " + patch.id().shortForm() + " "
                + switch (patch.state()) {
                    case ACCEPTED -> "accepted: active in " + count(patch, PatchStanding.State.ACTIVE) + " of "
                            + wanting(patch) + (wanting(patch) == 1 ? " process" : " processes");
                    case WITHDRAWN -> "withdrawn" + (patch.reason().isEmpty() ? "" : ": " + patch.reason());
                }
                + (over == 0 ? "" : ", left over in " + over) + System.lineSeparator() + "  for " + of
                + (patch.comment().isEmpty() ? "" : " (" + patch.comment() + ")");
    }

    /** The processes of a patch, a line each. */
    List<String> lines(StoredPatch patch) {
        List<String> lines = new ArrayList<>();
        patch.heldBack().forEach((user, reason) -> lines.add("  held back from user " + user + ": " + reason));
        processes.values().forEach(standing -> standing.patches().stream().filter(one -> one.patch().equals(patch))
                .forEach(one -> lines.add("  " + head(standing) + " " + one.text(RemedyOptions.WORDING))));
        return lines;
    }

    Map<String, Object> json(StoredPatch patch) {
        return Json.object("patch", patch.id().hex(), "build", patch.build(), "target", patch.target(), "state",
                patch.state().name().toLowerCase(Locale.ROOT), "since", patch.since().toString(), "reason",
                patch.reason(), "comment", patch.comment(), "origin", patch.origin(), "allowed",
                patch.allowed().stream().map(check -> check.word()).sorted().toList(), "heldBack",
                patch.heldBack().entrySet().stream().map(held -> Json.object("user", held.getKey(), "reason",
                        held.getValue())).toList(),
                "active", count(patch, PatchStanding.State.ACTIVE), "of", wanting(patch), "leftOver",
                count(patch, PatchStanding.State.LEFT_OVER));
    }

    Map<String, Object> json(ProcessStanding standing) {
        return Json.object("pid", standing.pid(), "name", standing.name(), "user", standing.user(), "right",
                standing.isRight(), "patches",
                standing.patches().stream().map(one -> Json.object("patch", one.patch().id().hex(), "state",
                        one.state().words(), "reason", one.reason(), "refusals",
                        one.refusals().stream().map(Failures::describe).toList())).toList());
    }

    /** Processes that could not be looked at, as JSON. */
    List<Object> unread() {
        return failures.entrySet().stream().<Object>map(entry -> Json.object("pid", entry.getKey(), "message",
                Failures.message(entry.getValue()))).toList();
    }
}
