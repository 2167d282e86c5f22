package dev.pulpo.engine;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCallNames;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Watches over one round of a soak. Where it does not end in time, it is said what all threads of this JVM are doing and what
 * state those of the target are in; then the target is killed, so that whoever waits for it goes on.
 */
final class RoundWatch implements AutoCloseable {
    private final CompletableFuture<Boolean> over = new CompletableFuture<>();
    private final Thread watcher;
    private final String what;
    private final int pid;
    private volatile boolean hung;

    RoundWatch(String what, int pid, Duration patience) {
        this.what = what;
        this.pid = pid;
        watcher = Thread.ofPlatform().daemon().name("round-watch").start(() -> {
            if (!over.completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS).join().booleanValue()) {
                hung = true;
                System.out.println(report());
                Processes.kill(pid, Signals.SIGKILL);
            }
        });
    }

    /** Whether the round has taken too long. */
    boolean hung() {
        return hung;
    }

    private String report() {
        StringBuilder text = new StringBuilder(what + " hangs. The threads of process " + pid + ":\n");
        try {
            for (int tid : ProcFs.threads(pid)) {
                text.append("  ").append(tid).append(' ').append(ProcFs.name(pid, tid)).append(": state ")
                        .append(ProcFs.state(pid, tid)).append(", traced by ").append(ProcFs.tracerOf(pid, tid))
                        .append(", system call ").append(call(tid)).append(", signals that wait ")
                        .append(ProcFs.status(pid, tid, "SigPnd").orElse("?")).append('\n');
            }
        } catch (TargetGoneException gone) {
            text.append("  (it has ended)\n");
        }
        text.append("The threads of this JVM:\n");
        for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
            text.append("  ").append(thread.getKey().getName()).append(" (").append(thread.getKey().getState())
                    .append(")\n");
            for (StackTraceElement frame : thread.getValue()) {
                text.append("      ").append(frame).append('\n');
            }
        }
        return text.toString();
    }

    private String call(int tid) {
        OptionalLong number = ProcFs.systemCall(pid, tid);
        return number.isPresent() ? SystemCallNames.of(number.getAsLong()).orElse("unknown") : "none";
    }

    @Override
    public void close() {
        over.complete(true);
        boolean interrupted = false;
        while (watcher.isAlive()) {
            try {
                watcher.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
