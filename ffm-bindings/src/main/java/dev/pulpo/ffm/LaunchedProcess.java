package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A child of {@link Launcher}. A pidfd (pidfd_open(2)) reports its exit without consuming any stop of a tracer; then it
 * is reaped. {@link #close} kills it if it still runs. Thread-safe.
 */
public final class LaunchedProcess implements AutoCloseable {
    private static final Map<Integer, LaunchedProcess> LIVE = new ConcurrentHashMap<>();
    private static final short POLLIN = 1;

    private final int pid;
    private final int pidfd;
    private final @Nullable OutputStream input;
    private final @Nullable InputStream output;
    private final @Nullable InputStream error;
    private volatile @Nullable WaitStatus end;

    private LaunchedProcess(int pid, int pidfd, List<Launcher.Pipe> pipes) throws IOException {
        this.pid = pid;
        this.pidfd = pidfd;
        if (pipes.isEmpty()) {
            input = null;
            output = null;
            error = null;
        } else {
            input = new FileOutputStream(reopened(pipes.get(0).write()));
            output = new FileInputStream(reopened(pipes.get(1).read()));
            error = new FileInputStream(reopened(pipes.get(2).read()));
        }
    }

    static LaunchedProcess of(int pid, List<Launcher.Pipe> pipes) {
        int pidfd = (int) NativeCalls.check("pidfd_open(" + pid + ")", syscall(Linux.SYS_pidfd_open(), pid, 0, 0));
        try {
            LaunchedProcess process = new LaunchedProcess(pid, pidfd, pipes);
            LIVE.put(pid, process);
            pipes.forEach(Launcher.Pipe::closeBoth);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Java's streams do not take descriptor numbers, but {@code /proc/self/fd/N} opens the same pipe again. */
    private static String reopened(int descriptor) {
        return "/proc/self/fd/" + descriptor;
    }

    /** Whether this process is a child that {@link Launcher} started from this JVM. */
    public static boolean isOurs(int pid) {
        return LIVE.containsKey(pid);
    }

    public int pid() {
        return pid;
    }

    /** The program's standard input; empty if it inherited that of this JVM. */
    public Optional<OutputStream> input() {
        return Optional.ofNullable(input);
    }

    /** The program's standard output; empty if it inherited that of this JVM. */
    public Optional<InputStream> output() {
        return Optional.ofNullable(output);
    }

    /** The program's standard error; empty if it inherited that of this JVM. */
    public Optional<InputStream> error() {
        return Optional.ofNullable(error);
    }

    public boolean isAlive() {
        return waitFor(Duration.ZERO).isEmpty();
    }

    /** Waits for the program to end. */
    public WaitStatus waitFor() {
        while (true) {
            Optional<WaitStatus> ended = waitFor(Duration.ofSeconds(60));
            if (ended.isPresent()) {
                return ended.get();
            }
        }
    }

    /** How the program ended; empty if it still runs after the time. */
    public synchronized Optional<WaitStatus> waitFor(Duration timeout) {
        WaitStatus known = end;
        if (known != null) {
            return Optional.of(known);
        }
        try (Arena arena = Arena.ofConfined()) {
            // struct pollfd: int fd; short events, revents. A pidfd is readable once the process has ended.
            MemorySegment poll = arena.allocate(8, 8);
            poll.set(ValueLayout.JAVA_INT, 0, pidfd);
            poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
            long deadline = System.nanoTime() + timeout.toNanos();
            long ready;
            do {
                long left = Math.max(0, deadline - System.nanoTime());
                ready = syscall(Linux.SYS_poll(), poll.address(), 1, (left + 999_999) / 1_000_000);
            } while (ready == -Errno.EINTR);
            if (NativeCalls.check("poll(pidfd of " + pid + ")", ready) == 0) {
                return Optional.empty();
            }
            MemorySegment word = arena.allocate(ValueLayout.JAVA_INT);
            long reaped = syscall(Linux.SYS_wait4(), pid, word.address(), Linux.__WALL(), 0);
            if (reaped == pid) {
                reaped(pid, word.get(ValueLayout.JAVA_INT, 0));
            }
            return Optional.of(endSeenByTracer());
        }
    }

    /**
     * Records the exit of a child that a wait of this JVM, for example a tracer's, has consumed: the kernel reports it
     * only once.
     */
    static void reaped(int pid, int statusWord) {
        LaunchedProcess process = LIVE.remove(pid);
        if (process != null) {
            process.end = WaitStatus.of(statusWord);
        }
    }

    private WaitStatus endSeenByTracer() {
        // A tracer may be between its wait4 and recording the exit here.
        WaitStatus seen = end;
        while (seen == null) {
            Thread.onSpinWait();
            seen = end;
        }
        return seen;
    }

    /** Kills the program if it still runs, reaps it and closes the pipes. */
    @Override
    public void close() {
        if (isAlive()) {
            Processes.kill(pid, Signals.SIGKILL);
            waitFor();
        }
        syscall(Linux.SYS_close(), pidfd, 0, 0);
        try {
            if (input != null && output != null && error != null) {
                input.close();
                output.close();
                error.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "process " + pid;
    }
}
