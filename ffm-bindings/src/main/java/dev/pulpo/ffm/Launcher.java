package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.callInt;
import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.posix_spawn_file_actions_t;
import dev.pulpo.ffm.raw.posix_spawnattr_t;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Starts programs that may be traced from this JVM, with posix_spawn(3).
 *
 * <p>A child of {@code ProcessBuilder} cannot be: the JDK has a thread that waits for it, and {@code waitpid} gives
 * ptrace stops to any waiting thread of the tracer's process. That thread would take them and report the child as
 * exited. A child of this launcher is waited for by nobody but the tracer and {@link LaunchedProcess}.
 *
 * <p>Builder; not thread-safe.
 */
public final class Launcher {
    private final List<String> command;
    private final Map<String, String> environment = new TreeMap<>(System.getenv());
    private @Nullable Path directory;
    private boolean inheritIo;

    /** A program that is looked for on the PATH, and its arguments. */
    public Launcher(List<String> command) {
        this.command = List.copyOf(command);
    }

    public Launcher(String... command) {
        this(List.of(command));
    }

    /** Sets a variable of the program's environment, which is otherwise that of this JVM. */
    public Launcher environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Sets the program's working directory. */
    public Launcher directory(Path path) {
        directory = path;
        return this;
    }

    /** Lets the program use the standard streams of this JVM instead of pipes. */
    public Launcher inheritIo() {
        inheritIo = true;
        return this;
    }

    /**
     * Starts the program.
     *
     * @throws SystemCallException ENOENT where there is no such program, EACCES where it may not be run
     */
    public LaunchedProcess start() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(posix_spawnattr_t.layout());
            MemorySegment actions = arena.allocate(posix_spawn_file_actions_t.layout());
            callInt(Linux.posix_spawnattr_init$address(), attributes.address(), 0, 0);
            callInt(Linux.posix_spawn_file_actions_init$address(), actions.address(), 0, 0);
            try {
                return start(arena, attributes, actions);
            } finally {
                callInt(Linux.posix_spawn_file_actions_destroy$address(), actions.address(), 0, 0);
                callInt(Linux.posix_spawnattr_destroy$address(), attributes.address(), 0, 0);
            }
        }
    }

    private LaunchedProcess start(Arena arena, MemorySegment attributes, MemorySegment actions) {
        // A JVM blocks and handles signals of its own; the program begins with none blocked and all at their default.
        MemorySegment none = arena.allocate(128);
        MemorySegment all = arena.allocate(128);
        callInt(Linux.sigfillset$address(), all.address(), 0, 0);
        callInt(Linux.posix_spawnattr_setsigmask$address(), attributes.address(), none.address(), 0);
        callInt(Linux.posix_spawnattr_setsigdefault$address(), attributes.address(), all.address(), 0);
        callInt(Linux.posix_spawnattr_setflags$address(), attributes.address(),
                Linux.POSIX_SPAWN_SETSIGMASK() | Linux.POSIX_SPAWN_SETSIGDEF(), 0);
        if (directory != null) {
            callInt(Linux.posix_spawn_file_actions_addchdir_np$address(), actions.address(),
                    arena.allocateFrom(directory.toString()).address(), 0);
        }
        List<Pipe> pipes = new ArrayList<>();
        try {
            if (!inheritIo) {
                for (int stream = 0; stream < 3; stream++) {
                    Pipe pipe = Pipe.open(arena);
                    pipes.add(pipe);
                    callInt(Linux.posix_spawn_file_actions_adddup2$address(), actions.address(),
                            stream == 0 ? pipe.read() : pipe.write(), stream);
                }
            }
            MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
            List<String> variables = environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
            int error = callInt(Linux.posix_spawnp$address(), pid.address(),
                    arena.allocateFrom(command.getFirst()).address(), actions.address(), attributes.address(),
                    strings(arena, command).address(), strings(arena, variables).address());
            if (error != 0) {
                throw new SystemCallException("posix_spawn(" + command.getFirst() + ")", error);
            }
            return LaunchedProcess.of(pid.get(ValueLayout.JAVA_INT, 0), pipes);
        } catch (RuntimeException failed) {
            pipes.forEach(Pipe::closeBoth);
            throw failed;
        }
    }

    private static MemorySegment strings(Arena arena, List<String> values) {
        MemorySegment vector = arena.allocate(ValueLayout.JAVA_LONG, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            vector.setAtIndex(ValueLayout.JAVA_LONG, i, arena.allocateFrom(values.get(i)).address());
        }
        return vector;
    }

    /** The two ends of a pipe(7), as descriptors that no other child inherits. */
    record Pipe(int read, int write) {
        static Pipe open(Arena arena) {
            MemorySegment pair = arena.allocate(ValueLayout.JAVA_INT, 2);
            check("pipe2()", syscall(Linux.SYS_pipe2(), pair.address(), Linux.O_CLOEXEC(), 0));
            return new Pipe(pair.getAtIndex(ValueLayout.JAVA_INT, 0), pair.getAtIndex(ValueLayout.JAVA_INT, 1));
        }

        void closeBoth() {
            close(read);
            close(write);
        }

        static void close(int descriptor) {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
        }
    }
}
