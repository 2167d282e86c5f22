package dev.pulpo.examples.exit;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.ffm.Processes;
import java.util.Set;

/**
 * What a command needs whatever its arguments say, begun on another thread while they are read: a JVM that is started for a
 * single command spends as much time on the one as on the other.
 */
public final class HeadStart {
    private static final Set<String> STOPPING = Set.of("apply", "revert", "trigger");
    private static final Set<String> LOOKING = Set.of("patches", "messages", "stack", "where", "plan", "transition",
            "inject",
            "preflight", "check", "set_patchable");

    private HeadStart() {}

    /** Begins. The arguments are those of the program, the command first. */
    public static void begin(String... arguments) {
        String command = arguments.length == 0 ? "" : arguments[0];
        if (STOPPING.contains(command)) {
            LiveProcess.prepare();
        } else if (LOOKING.contains(command)) {
            // Any system call will do: it is the first one that takes its time.
            Thread.ofPlatform().daemon().name("pulpo-head-start").start(Processes::currentThread);
        }
    }
}
