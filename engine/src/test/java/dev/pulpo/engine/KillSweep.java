package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Kills the tool at one system call of an apply and a revert after the other, and looks at what that leaves. As a program:
 * {@code KillSweep [EVERY [FIRST [KIND...]]]} does so for every EVERY-th call (1, all of them), beginning with the FIRST, of
 * targets of each {@link Kind}, or of these alone.
 */
final class KillSweep implements FailureSweep.Trial {
    private final Victims victims;
    private final Killer killer;
    private final Kind kind;
    private final Aftermath aftermath;

    /**
     * How a target is patched.
     *
     * @param prepared  whether its functions were built to be replaced
     * @param preloaded whether it has the stub from the start
     * @param byThread  whether threads change one after the other
     */
    record Kind(boolean prepared, boolean preloaded, boolean byThread) {
        /** All there are. */
        static final List<Kind> ALL = IntStream.range(0, 8)
                .mapToObj(i -> new Kind((i & 4) == 0, (i & 1) == 0, (i & 2) != 0)).toList();

        /** Those with these names, as {@link #toString} has them. */
        static List<Kind> parse(List<String> names) {
            return names.stream().map(name -> ALL.stream().filter(kind -> kind.toString().equals(name)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(name + " is none of " + ALL))).toList();
        }

        @Override
        public String toString() {
            return (prepared ? "prepared" : "unprepared") + "," + (preloaded ? "preloaded" : "injected") + ","
                    + (byThread ? "by-thread" : "at-once");
        }
    }

    /**
     * What came of a sweep.
     *
     * @param calls    how many calls that concern the target the whole run of a tool makes
     * @param kills    how many tools were killed
     * @param failures what was found afterwards that must not be, one line each
     */
    record Report(int calls, int kills, List<String> failures) {}

    /** As {@link Kind} has them, with a directory for what is built. */
    KillSweep(Path directory, boolean prepared, boolean preloaded, boolean byThread)
            throws IOException, InterruptedException {
        this(directory, new Kind(prepared, preloaded, byThread));
    }

    /** @param directory for what is built */
    KillSweep(Path directory, Kind kind) throws IOException, InterruptedException {
        this.kind = kind;
        victims = new Victims(directory);
        aftermath = new Aftermath(victims);
        if (!kind.prepared()) {
            victims.compiled("libanswer.so", "answer.c", "-shared", "-fPIC", "-Wl,-soname,libanswer.so");
        }
        killer = new Killer(victims, directory);
    }

    /**
     * Kills at the calls with the numbers first, first + every, first + 2 every, ... until a tool comes to its end.
     *
     * @param call what the calls that count begin with, as killer.c describes them
     */
    Report run(int first, int every, String call) throws Exception {
        return sweep(killer, this::start, this::toolCommand, this::judge, first, every, call);
    }

    /** The same for other targets, tools and judges. */
    static Report sweep(Killer killer, Supplier<RunningServer> targets, IntFunction<List<String>> tool,
            Function<RunningServer, Optional<Aftermath.Wrong>> judge, int first, int every, String call)
            throws Exception {
        List<String> failures = new ArrayList<>();
        int kills = 0;
        for (int n = first;; n += every) {
            try (RunningServer server = targets.get()) {
                String died = killer.run(server.pid(), n + ":" + call, tool.apply(server.pid()));
                String[] words = died.split(" ");
                if (words[0].equals("ended")) {
                    if (!words[2].equals("0")) {
                        failures.add("a tool that was not killed: " + died);
                    }
                    return new Report(Integer.parseInt(words[1]), kills, failures);
                }
                kills++;
                judge.apply(server).ifPresent(failure -> {
                    // At once: a sweep that takes hours may be ended before it reports.
                    System.err.println(died + ": " + failure);
                    failures.add(died + ": " + failure);
                });
            }
        }
    }

    /** One whose main thread is easily borrowed, or one in which no thread is: all wait with a timeout. */
    @Override
    public RunningServer start() {
        Path program = kind.prepared() ? victims.server() : victims.linked("hazards.c");
        String[] arguments = kind.prepared() ? new String[]{"3", "sleep"} : new String[]{"restart"};
        return kind.preloaded() ? RunningServer.preloaded(program, arguments) : RunningServer.plain(program, arguments);
    }

    @Override
    public void apply(LiveProcess process) throws IOException {
        process.apply(patch());
    }

    @Override
    public void revert(LiveProcess process) throws IOException {
        process.revert(patch().id());
    }

    /** What is applied and reverted, and may be found in force afterwards. */
    private LivePatch patch() {
        return LivePatch.of(victims.fix(3)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    /** The command of a tool that applies the patch and reverts it, and marks what it is at. */
    List<String> toolCommand(int pid) {
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(pid), victims.fix(3).toString()));
        if (kind.byThread()) {
            arguments.add("thread");
        }
        return Killer.toolCommand(ApplyMarked.class, arguments);
    }

    /** What is wrong with a target that a tool has left, if anything. */
    @Override
    public Optional<Aftermath.Wrong> judge(RunningServer server) {
        return aftermath.judge(server);
    }

    public static void main(String[] arguments) throws Exception {
        int every = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        List<Kind> kinds = arguments.length > 2
                ? Kind.parse(List.of(arguments).subList(2, arguments.length))
                : Kind.ALL;
        int failures = 0;
        for (Kind kind : kinds) {
            Report report = new KillSweep(Files.createTempDirectory("kill-sweep"), kind).run(first, every, "");
            System.out.printf("%-32s %4d calls, %4d tools killed, %d failures%n", kind, report.calls(), report.kills(),
                    report.failures().size());
            report.failures().forEach(System.out::println);
            failures += report.failures().size();
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
