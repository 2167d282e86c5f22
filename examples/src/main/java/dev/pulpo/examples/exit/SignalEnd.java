package dev.pulpo.examples.exit;

import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntSupplier;

/**
 * The end of a command by SIGINT, SIGTERM or SIGHUP. The JVM runs its shutdown hooks then, and ends with 128 and the number of
 * the signal. A command that changes processes is interrupted instead of being cut off: what it has changed is undone, or its
 * change is completed, and only then the JVM ends.
 */
public final class SignalEnd {
    private static final Set<String> CHANGING = Set.of("apply", "revert", "trigger", "inject", "transition",
            "set_patchable", "accept", "withdraw", "restore",
            "watch", "probe");

    private SignalEnd() {}

    /**
     * Runs a command on this thread.
     *
     * @param name of the command
     */
    public static int run(String name, IntSupplier command) {
        if (!CHANGING.contains(name)) {
            return command.getAsInt();
        }
        Thread caller = Thread.currentThread();
        CountDownLatch done = new CountDownLatch(1);
        Thread hook = Thread.ofPlatform().name("pulpo-signal").unstarted(() -> {
            if (done.getCount() > 0) {
                caller.interrupt();
                await(done);
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return command.getAsInt();
        } finally {
            done.countDown();
        }
    }

    private static void await(CountDownLatch done) {
        try {
            done.await();
        } catch (InterruptedException e) {
            // Nobody interrupts a hook; if somebody does, the JVM ends at once.
            Thread.currentThread().interrupt();
        }
    }
}
