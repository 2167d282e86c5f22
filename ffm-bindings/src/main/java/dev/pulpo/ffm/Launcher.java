package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import static dev.pulpo.ffm.NativeCalls.callInt;
import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.function;
import static dev.pulpo.ffm.NativeCalls.syscall;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Starts programs that this JVM can trace, with posix_spawn(3).
 *
 * <p>A child of {@code ProcessBuilder} cannot be traced: a thread of the JDK waits for it, and {@code waitpid} reports
 * ptrace stops to any waiting thread of the tracer's process. That thread would take a stop for the exit of the child.
 * Only the tracer and {@link LaunchedProcess} wait for a child of this launcher.
 *
 * <p>Builder; not thread-safe.
 */
public final class Launcher {
    /*
     * The sizes of posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t (spawn.h, signal.h). The generated classes
     * have them, but also create variable handles for the arrays in them, which takes a cold JVM 10 ms.
     */
    static final int ATTRIBUTES_BYTES = 336;
    static final int ACTIONS_BYTES = 80;
    static final int SIGNALS_BYTES = 128;

    /** Of sigprocmask(2) (asm-generic/signal-defs.h). */
    private static final int SIG_SETMASK = 2;
    /** Of fcntl(2) (asm-generic/fcntl.h). */
    private static final int F_SETFD = 2;
    private static final int STANDARD_ERROR = 2;
    private static final int FD_CLOEXEC = 1;

    private static final Path ENVIRONMENT = Path.of("/proc/self/environ");

    /** Each character is a byte, as in the environment, because neither must be text. */
    private final List<String> command;
    private final Map<String, String> environment = inherited();
    private @Nullable Path directory;
    private boolean inheritIo;

    /** A program that is looked for on the PATH, and its arguments. */
    public Launcher(List<String> command) {
        this(command.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)));
    }

    private Launcher(Stream<byte[]> command) {
        this.command = command.map(Launcher::bytes).toList();
    }

    /** A program that is looked for on the PATH, and its arguments, which may be any bytes but NUL. */
    public static Launcher ofBytes(List<byte[]> command) {
        return new Launcher(command.stream());
    }

    private static String bytes(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /**
     * The environment of this JVM (proc_pid_environ(5)). {@link System#getenv} decodes it by the locale, so a child would
     * not get the same bytes.
     */
    private static Map<String, String> inherited() {
        Map<String, String> variables = new TreeMap<>();
        try {
            for (String variable : ProcFile.read(ENVIRONMENT, StandardCharsets.ISO_8859_1).split("\0")) {
                int equals = variable.indexOf('=', 1);
                if (equals > 0) {
                    variables.putIfAbsent(variable.substring(0, equals), variable.substring(equals + 1));
                }
            }
        } catch (IOException unreadable) {
            // A process that is not dumpable cannot read the file (PR_SET_DUMPABLE(2const)).
            System.getenv().forEach((name, value) -> variables.put(bytes(name.getBytes(StandardCharsets.UTF_8)),
                    bytes(value.getBytes(StandardCharsets.UTF_8))));
        }
        return variables;
    }

    public Launcher(String... command) {
        this(List.of(command));
    }

    /** Sets a variable of the program's environment, which is otherwise that of this JVM. */
    public Launcher environment(String name, String value) {
        environment.put(name, bytes(value.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /** Adds a word to a variable that is a list of words with colons between them. */
    public Launcher append(String name, String word) {
        environment.merge(name, bytes(word.getBytes(StandardCharsets.UTF_8)),
                (others, own) -> others.isEmpty() ? own : others + ":" + own);
        return this;
    }

    /** Makes the dynamic loader load a library before all others of LD_PRELOAD (ld.so(8)). */
    public Launcher preload(byte... path) {
        return preload(name -> false, path);
    }

    /**
     * As {@link #preload(byte...)}, after some others.
     *
     * @param first libraries of LD_PRELOAD that stay before it, by their names
     */
    public Launcher preload(Predicate<String> first, byte... path) {
        // The loader takes spaces for colons.
        List<String> others = Stream.of(environment.getOrDefault("LD_PRELOAD", "").split("[: ]"))
                .filter(name -> !name.isEmpty()).toList();
        Stream<String> ahead = others.stream().filter(first);
        Stream<String> behind = others.stream().filter(first.negate());
        environment.put("LD_PRELOAD", Stream.of(ahead, Stream.of(bytes(path)), behind).flatMap(names -> names)
                .collect(Collectors.joining(":")));
        return this;
    }

    /**
     * Replaces this process, and with it this JVM, by the program (execve(2)): it has the same process id, parent, terminal
     * and streams, so signals reach it, and its end is the end that others see. No code of the JVM runs afterwards, and no
     * shutdown hook. Returns only by an exception.
     *
     * @throws SystemCallException ENOENT if there is no such program, EACCES if it may not be run
     */
    public void replaceThisProcess() {
        if (directory != null) {
            throw new IllegalStateException("a JVM cannot change its working directory");
        }
        try (Arena arena = Arena.ofConfined()) {
            List<String> variables = environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
            MemorySegment program = allocate(arena, command.getFirst());
            MemorySegment arguments = strings(arena, command);
            MemorySegment all = strings(arena, variables);
            // A JVM blocks some signals. Those that it handles are at their default afterwards, by the kernel's rule.
            MemorySegment none = arena.allocate(SIGNALS_BYTES, Long.BYTES);
            MemorySegment before = arena.allocate(SIGNALS_BYTES, Long.BYTES);
            callInt(function("pthread_sigmask"), SIG_SETMASK, none.address(), before.address());
            closeOwnFilesOnExec();
            int error = NativeCalls.callForErrno(function("execvpe"), program.address(), arguments.address(),
                    all.address());
            callInt(function("pthread_sigmask"), SIG_SETMASK, before.address(), 0);
            throw new SystemCallException("execve(" + new String(
                    command.getFirst().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8) + ")", error);
        }
    }

    /** A JVM keeps its modules and class path open, and not all of that closes by itself. What it inherited is the program's. */
    private static void closeOwnFilesOnExec() {
        Set<String> paths = Stream.of("java.class.path", "jdk.module.path").map(System::getProperty)
                .filter(Objects::nonNull).flatMap(list -> Stream.of(list.split(":")))
                .filter(path -> !path.isEmpty()).collect(Collectors.toSet());
        String home = System.getProperty("java.home") + "/";
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : open) {
                String file = linked(descriptor);
                int number = Integer.parseInt(String.valueOf(descriptor.getFileName()));
                if (number > STANDARD_ERROR
                        && (file.startsWith(home) || paths.stream().anyMatch(path -> file.equals(path)
                                || file.startsWith(path + "/") && Files.isDirectory(Path.of(path))))) {
                    syscall(Linux.SYS_fcntl(), number, F_SETFD, FD_CLOEXEC);
                }
            }
        } catch (IOException unreadable) {
            // Without procfs the program has some more files open.
        }
    }

    private static String linked(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
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
     * @throws SystemCallException ENOENT if there is no such program, EACCES if it may not be run
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
        // A JVM blocks and handles some signals; the program starts with none blocked and all at their default.
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
                    allocate(arena, command.getFirst()).address(), actions.address(), attributes.address(),
                    strings(arena, command).address(), strings(arena, variables).address());
            if (error != 0) {
                throw new SystemCallException("posix_spawn(" + new String(
                        command.getFirst().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8) + ")", error);
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
            vector.setAtIndex(ValueLayout.JAVA_LONG, i, allocate(arena, values.get(i)).address());
        }
        return vector;
    }

    private static MemorySegment allocate(Arena arena, String bytes) {
        return arena.allocateFrom(bytes, StandardCharsets.ISO_8859_1);
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

    @Override
    public String toString() {
        return "launcher of "
                + new String(command.getFirst().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
