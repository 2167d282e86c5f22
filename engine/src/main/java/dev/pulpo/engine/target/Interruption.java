package dev.pulpo.engine.target;

import dev.pulpo.engine.OperationInterruptedException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The wish of an operation's caller that it end early. An operation runs on a thread of its own, which nobody interrupts: the
 * interrupt of the caller becomes a request, which the operation looks for between stops. So no file channel is closed by an
 * interrupt while a change is being undone, and no wait returns at once because the flag is still set.
 */
public final class Interruption {
    private static final long IDLE_SECONDS = 1;

    private static final ExecutorService THREADS = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_SECONDS,
            TimeUnit.SECONDS, new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("pulpo-operation-", 0).factory());

    private static final ThreadLocal<@Nullable Interruption> CURRENT = new ThreadLocal<>();

    static {
        CallerStack.prepare();
    }

    private final CountDownLatch requested = new CountDownLatch(1);

    /** Runs an operation, and hands interrupts of the calling thread to it. The thread is interrupted again afterwards. */
    public static <T> T run(Supplier<T> operation) {
        Interruption own = new Interruption();
        // An interrupt of before must not depend on whether this thread gets to wait before the operation has ended.
        boolean interrupted = Thread.interrupted();
        if (interrupted) {
            own.request();
        }
        try {
            Future<T> result = THREADS.submit(() -> {
                CURRENT.set(own);
                try {
                    return operation.get();
                } finally {
                    CURRENT.remove();
                }
            });
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    own.request();
                } catch (ExecutionException e) {
                    throw CallerStack.rethrown(e.getCause(), "the thread of an operation");
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** That of the operation which runs on this thread; outside of one, a request that never comes. */
    public static Interruption current() {
        Interruption known = CURRENT.get();
        return known == null ? new Interruption() : known;
    }

    /** Whether the operation is to end. */
    public boolean isRequested() {
        return requested.getCount() == 0;
    }

    /** Asks the operation to end. */
    public void request() {
        requested.countDown();
    }

    /**
     * Ends the operation if it is to end.
     *
     * @throws OperationInterruptedException whenever it is asked; so what undoes must not ask
     */
    public void check(int pid) {
        if (isRequested()) {
            throw new OperationInterruptedException(pid);
        }
    }

    /** Waits; not at all if the operation is to end. */
    public void pause(long nanos) {
        try {
            requested.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // Nobody interrupts the thread of an operation. Outside of one, such an interrupt is a request, too.
            request();
            Thread.currentThread().interrupt();
        }
    }
}
