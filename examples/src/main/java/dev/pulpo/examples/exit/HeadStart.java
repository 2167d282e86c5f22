package dev.pulpo.examples.exit;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.ToolPriority;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * Starts on another thread what a command needs whatever its arguments are, while the arguments are parsed. In a JVM that
 * runs a single command, both take the same time.
 */
public final class HeadStart {
    private static final Set<String> STOPPING = Set.of("apply", "revert", "trigger", "update", "accept",
            "withdraw", "restore", "probe");
    private static final Set<String> LOOKING = Set.of("patches", "messages", "stack", "where", "disassemble", "print",
            "plan", "transition", "inject",
            "preflight", "check", "set_patchable", "outdated", "status");

    /** Starting takes a fraction of this on an idle machine. */
    private static final long LOW_NANOS = 1_000_000_000L;

    private static final Set<String> ONE_PROCESS = Set.of("-p", "--process");

    private HeadStart() {}

    /** Starts the preparation. The arguments are those of the program, the command first. */
    public static void begin(String... arguments) {
        String command = arguments.length == 0 ? "" : arguments[0];
        if (STOPPING.contains(command) || LOOKING.contains(command)) {
            boolean overMany = Collections.disjoint(List.of(arguments), ONE_PROCESS);
            Thread.ofPlatform().daemon().name("pulpo-priority").start(() -> keepPriority(overMany));
        }
        if (STOPPING.contains(command)) {
            LiveProcess.prepare();
        } else if (LOOKING.contains(command)) {
            // The first system call is the slow one, whichever it is.
            Thread.ofPlatform().daemon().name("pulpo-head-start").start(Processes::currentThread);
        }
    }

    /**
     * Nobody slows down a command over many processes by keeping the processors busy. A command over one process is not raised:
     * its target, with many busy threads, would have longer gaps.
     */
    private static void keepPriority(boolean overMany) {
        if (overMany) {
            ToolPriority.raiseWhileStarved(LOW_NANOS);
        } else {
            ToolPriority.keepLow(LOW_NANOS);
        }
    }
}
