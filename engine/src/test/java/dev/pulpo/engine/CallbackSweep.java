package dev.pulpo.engine;

import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Kills tools that apply and revert a patch with callbacks: at their system calls, as {@link KillSweep} does, or while a
 * callback runs. Each callback must be called once, in its order, by whichever tool. As a program:
 * {@code CallbackSweep [EVERY [FIRST]]}.
 */
final class CallbackSweep {
    /** Each apply is followed by a revert, or was never seen; a revert that did not come about starts again. */
    private static final Pattern WHOLE = Pattern.compile("(<a(\\+a(-a\\+a)*-a)?>a)?");

    private final Called called;
    private final Killer killer;
    private final Aftermath aftermath;
    private final boolean byThread;

    CallbackSweep(Path directory, boolean byThread) throws IOException, InterruptedException {
        called = new Called(directory);
        killer = new Killer(called.victims(), directory);
        aftermath = new Aftermath(called.victims(), true);
        this.byThread = byThread;
    }

    /** As {@link KillSweep#run}. */
    KillSweep.Report run(int first, int every, String call) throws Exception {
        return KillSweep.sweep(killer, called::start, this::command, this::judge, first, every, call);
    }

    private List<String> command(int pid) {
        List<String> arguments = new ArrayList<>(
                List.of(Integer.toString(pid), called.patch("a", 3).file().toString()));
        if (byThread) {
            arguments.add("thread");
        }
        return Killer.toolCommand(ApplyMarked.class, arguments);
    }

    /** Kills a tool while a callback runs, which then ends without it. */
    Optional<Aftermath.Wrong> killIn(Called.At at) throws Exception {
        try (RunningServer server = called.start()) {
            Called.gate(server, at, 1);
            Called.Outside outside = Called.Outside.of(server);
            Process tool = new ProcessBuilder(command(server.pid())).redirectErrorStream(true).start();
            String sign = at.sign();
            Await.that(sign + " is called", () -> outside.log().endsWith(sign));
            Processes.kill((int) tool.pid(), Signals.SIGKILL);
            tool.waitFor();
            outside.open(at);
            return judge(server);
        }
    }

    private Optional<Aftermath.Wrong> judge(RunningServer server) {
        Optional<Aftermath.Wrong> wrong = aftermath.judge(server);
        if (wrong.isPresent()) {
            return wrong;
        }
        String log = server.ask("log");
        if (!WHOLE.matcher(log).matches()) {
            return Optional.of(new Aftermath.Wrong(Aftermath.Harm.UNTRUE_LIST, "the callbacks were called as " + log));
        }
        return Optional.empty();
    }

    public static void main(String[] arguments) throws Exception {
        int every = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        int failures = 0;
        for (boolean byThread : new boolean[]{false, true}) {
            CallbackSweep sweep = new CallbackSweep(Files.createTempDirectory("callback-sweep"), byThread);
            List<String> found = new ArrayList<>();
            for (Called.At at : Called.At.values()) {
                sweep.killIn(at).ifPresent(wrong -> found.add("killed in " + at + ": " + wrong));
            }
            KillSweep.Report report = sweep.run(first, every, "");
            found.addAll(report.failures());
            System.out.printf("%-10s %4d calls, %4d tools killed, %d failures%n", byThread ? "by-thread" : "at-once",
                    report.calls(), report.kills() + Called.At.values().length, found.size());
            found.forEach(System.out::println);
            failures += found.size();
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
