package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.callInt;
import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.function;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
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
    /*
     * The sizes of posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t (spawn.h, signal.h). The generated classes would
     * say so, but make variable handles for the arrays in them, which takes a cold JVM 10 ms.
     */
    static final int ATTRIBUTES_BYTES = 336;
    static final int ACTIONS_BYTES = 80;
    static final int SIGNALS_BYTES = 128;

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
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            MemorySegment actions = arena.allocate(ACTIONS_BYTES, Long.BYTES);
            callInt(function("posix_spawnattr_init"), attributes.address(), 0, 0);
            callInt(function("posix_spawn_file_actions_init"), actions.address(), 0, 0);
            try {
                return start(arena, attributes, actions);
            } finally {
                callInt(function("posix_spawn_file_actions_destroy"), actions.address(), 0, 0);
                callInt(function("posix_spawnattr_destroy"), attributes.address(), 0, 0);
            }
        }
    }

    private LaunchedProcess start(Arena arena, MemorySegment attributes, MemorySegment actions) {
        // A JVM blocks and handles signals of its own; the program begins with none blocked and all at their default.
        MemorySegment none = arena.allocate(SIGNALS_BYTES, Long.BYTES);
        MemorySegment all = arena.allocate(SIGNALS_BYTES, Long.BYTES);
        callInt(function("sigfillset"), all.address(), 0, 0);
        callInt(function("posix_spawnattr_setsigmask"), attributes.address(), none.address(), 0);
        callInt(function("posix_spawnattr_setsigdefault"), attributes.address(), all.address(), 0);
        callInt(function("posix_spawnattr_setflags"), attributes.address(),
                Linux.POSIX_SPAWN_SETSIGMASK() | Linux.POSIX_SPAWN_SETSIGDEF(), 0);
        if (directory != null) {
            callInt(function("posix_spawn_file_actions_addchdir_np"), actions.address(),
                    arena.allocateFrom(directory.toString()).address(), 0);
        }
        List<Pipe> pipes = new ArrayList<>();
        try {
            if (!inheritIo) {
                for (int stream = 0; stream < 3; stream++) {
                    Pipe pipe = Pipe.open(arena);
                    pipes.add(pipe);
                    callInt(function("posix_spawn_file_actions_adddup2"), actions.address(),
                            stream == 0 ? pipe.read() : pipe.write(), stream);
                }
            }
            MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
            List<String> variables = environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
            int error = callInt(function("posix_spawnp"), pid.address(),
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
