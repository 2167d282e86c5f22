package dev.pulpo.engine;

import static dev.pulpo.engine.Aftermath.check;

import dev.pulpo.engine.Aftermath.Harm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * As {@link KillSweep}, of tools that apply several patches in one step: what the next tool leaves is all or nothing. As a
 * program: {@code TransactionSweep [EVERY [FIRST [MODE...]]]}.
 */
final class TransactionSweep implements FailureSweep.Trial {
    /** What the tool does. */
    enum Mode {
        /** Applies two patches of a process and reverts them. */
        PAIR,
        /** Applies two patches of a process for two others. */
        INSTEAD,
        /** Applies two patches to two processes. */
        PROCESSES,
        /** Takes two patches back from two processes. */
        PROCESSES_REVERT;

        boolean isOfSeveral() {
            return this == PROCESSES || this == PROCESSES_REVERT;
        }
    }

    private final Pair pair;
    private final Killer killer;
    private final Mode mode;

    TransactionSweep(Path directory, Mode mode) throws IOException, InterruptedException {
        pair = new Pair(directory);
        killer = new Killer(pair.victims(), directory);
        this.mode = mode;
    }

    /**
     * Kills at the calls with the numbers first, first + every, ... as {@link KillSweep#run} does: at those on the one
     * process, and then at those on the other. The next tool has to do with the one or with the other in turns.
     */
    KillSweep.Report run(int first, int every, String call) throws Exception {
        List<String> failures = new ArrayList<>();
        int calls = 0;
        int kills = 0;
        for (int counted = 0; counted < (mode.isOfSeveral() ? 2 : 1); counted++) {
            boolean ended = false;
            for (int n = first; !ended; n += every) {
                try (RunningServer one = start(); RunningServer two = start()) {
                    List<RunningServer> servers = mode.isOfSeveral() ? List.of(one, two) : List.of(one);
                    String died = killer.run(servers.get(counted).pid(), n + ":" + call, command(servers));
                    String[] words = died.split(" ");
                    ended = words[0].equals("ended");
                    if (!ended) {
                        RunningServer next = servers.get(kills++ % servers.size());
                        String where = "on process " + counted + ", next " + servers.indexOf(next) + ": " + died;
                        Aftermath.judged(servers, () -> look(servers, next, mode == Mode.PAIR))
                                .ifPresent(failure -> failures.add(where + ": " + failure));
                    } else {
                        calls += Integer.parseInt(words[1]);
                        if (!words[2].equals("0")) {
                            failures.add("a tool that was not killed: " + died);
                        }
                    }
                }
            }
        }
        return new KillSweep.Report(calls, kills, failures);
    }

    private List<String> command(List<RunningServer> servers) {
        List<String> arguments = new ArrayList<>(List.of(mode.name()));
        pair.to(3).forEach(patch -> arguments.add(patch.file().toString()));
        servers.forEach(server -> arguments.add(Integer.toString(server.pid())));
        return Killer.toolCommand(ApplyTogether.class, arguments);
    }

    /** One that has another pair of patches already, where the new ones come instead; or the pair that is to go. */
    @Override
    public RunningServer start() {
        RunningServer server = pair.start(2);
        if (mode == Mode.INSTEAD || mode == Mode.PROCESSES_REVERT) {
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                process.apply(process.plan(pair.to(mode == Mode.INSTEAD ? 2 : 3)), Consistency.DEFAULT);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return server;
    }

    @Override
    public void apply(LiveProcess process) throws IOException {
        process.apply(mode == Mode.INSTEAD ? process.planInstead(pair.to(3), "target") : process.plan(pair.to(3)),
                Consistency.DEFAULT);
    }

    @Override
    public void revert(LiveProcess process) throws IOException {
        process.revert(pair.ids(3), Consistency.DEFAULT);
    }

    @Override
    public boolean isInForce(LiveProcess process) throws IOException {
        List<PatchId> ids = pair.ids(3);
        return process.patches().stream()
                .anyMatch(patch -> ids.contains(patch.id()) && patch.status() == AppliedPatch.Status.IN_FORCE);
    }

    @Override
    public Optional<Aftermath.Wrong> judge(RunningServer server) {
        return Aftermath.judged(List.of(server), () -> look(List.of(server), server, true));
    }

    /**
     * @param next     the process with which the next tool has to do
     * @param reverted whether the tool has taken back what it has applied
     */
    private void look(List<RunningServer> servers, RunningServer next, boolean reverted) throws IOException {
        Map<RunningServer, Map<Integer, Long>> before = new HashMap<>();
        for (RunningServer server : servers) {
            before.put(server, Aftermath.untraced(server.pid()));
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                if (process.patches().stream().noneMatch(TransactionSweep::isHalfDone)) {
                    version(server, process);
                }
            }
        }
        nextTool(next);
        Set<Integer> versions = new HashSet<>();
        for (RunningServer server : servers) {
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                if (!server.equals(next) && isOnlyLoaded(process)) {
                    // The tool died before it had recorded anything in the next one's process.
                    check(server.ask("pair").equals("1 1"), Harm.CORRUPTED, "what is only loaded is in force");
                    nextTool(server);
                }
                versions.add(version(server, process));
                Aftermath.awaitProgress(server, before.getOrDefault(server, Map.of()));
                Aftermath.awaitMasks(server.pid());
            }
        }
        check(versions.size() == 1, Harm.CORRUPTED, "the processes are of versions " + versions);
        check(reverted || mode != Mode.INSTEAD || !versions.contains(1), Harm.CORRUPTED,
                "neither the one nor the other");
        for (RunningServer server : servers) {
            end(server);
        }
    }

    private void nextTool(RunningServer server) throws IOException {
        LivePatch unrelated = pair.patch("libanswer.so", "second", 7);
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(unrelated);
            process.revert(unrelated.id());
        }
    }

    /** Whether patches are left there, and no function leads to one. */
    private static boolean isOnlyLoaded(LiveProcess process) {
        List<AppliedPatch> patches = process.patches();
        return !patches.isEmpty() && patches.stream().allMatch(patch -> isHalfDone(patch) && patch.functions().stream()
                .allMatch(function -> function.standing() == AppliedPatch.Standing.ORIGINAL));
    }

    private static boolean isHalfDone(AppliedPatch patch) {
        return patch.status() == AppliedPatch.Status.HALF_DONE;
    }

    /** The version of both functions, which is that of all patches that are reported. */
    private int version(RunningServer server, LiveProcess process) throws IOException {
        String[] words = server.ask("pair").split(" ");
        List<AppliedPatch> patches = process.patches();
        String where = String.join(" ", words) + " with " + patches + " of " + process.messages();
        check(words[0].equals(words[1]), Harm.CORRUPTED, "one without the other: " + where);
        int version = Integer.parseInt(words[0]);
        check(version == 1 || version == 3 || version == 2 && mode == Mode.INSTEAD, Harm.CORRUPTED, where);
        check(patches.stream().allMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE),
                Harm.UNTRUE_LIST, "not in force: " + where);
        Set<PatchId> wanted = version == 1 ? Set.of() : new HashSet<>(pair.ids(version));
        Set<PatchId> found = new HashSet<>(patches.stream().map(AppliedPatch::id).toList());
        check(found.equals(wanted), Harm.UNTRUE_LIST, "reported: " + where);
        return version;
    }

    private void end(RunningServer server) throws IOException {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            List<PatchId> ids = process.patches().stream().map(AppliedPatch::id).toList();
            if (!ids.isEmpty()) {
                check(process.revert(ids, Consistency.DEFAULT).unloaded(), Harm.NOT_WORKING,
                        "a revert leaves them loaded");
            }
            process.apply(process.plan(pair.to(4)), Consistency.DEFAULT);
            check(server.ask("pair").equals("4 4"), Harm.NOT_WORKING, "an apply afterwards is not in force");
            check(process.revert(pair.ids(4), Consistency.DEFAULT).unloaded(),
                    Harm.NOT_WORKING, "a revert afterwards leaves them loaded");
            check(server.ask("pair").equals("1 1"), Harm.NOT_WORKING, "a revert afterwards is not in force");
            check(process.patches().isEmpty(), Harm.NOT_WORKING, "a revert afterwards leaves " + process.patches());
        }
        check(server.ask("errors").equals("0"), Harm.CORRUPTED, "its system calls have failed");
    }

    public static void main(String[] arguments) throws Exception {
        int every = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        int failures = 0;
        List<Mode> modes = arguments.length > 2
                ? List.of(arguments).subList(2, arguments.length).stream().map(Mode::valueOf).toList()
                : List.of(Mode.values());
        for (Mode mode : modes) {
            KillSweep.Report report = new TransactionSweep(Files.createTempDirectory("transaction-sweep"), mode)
                    .run(first, every, "");
            System.out.printf("%-16s %4d calls, %4d tools killed, %d failures%n", mode, report.calls(),
                    report.kills(), report.failures().size());
            report.failures().forEach(System.out::println);
            failures += report.failures().size();
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
