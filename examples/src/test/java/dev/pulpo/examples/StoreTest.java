package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pulpo.examples.Scripts.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Patches that processes should have: {@code accept}, {@code withdraw}, {@code status}, {@code restore} and {@code watch}. */
@Tag("slow")
class StoreTest {
    private static final String LIBRARY = """
            __attribute__((noinline)) int answer(int a)
            {
                return a + 1;
            }
            """;
    private static final String FIX = """
            int answer(int a)
            {
                return a + 100;
            }
            """;
    /** Prints what the function returns for each line; a line "open" loads the library first, "crash" is a fault. */
    private static final String PROGRAM = """
            #include <dlfcn.h>
            #include <signal.h>
            #include <stdio.h>
            #include <string.h>
            #ifdef LATE
            static int (*answer)(int);
            #else
            int answer(int a);
            #endif
            int main(void)
            {
                char line[100];
                while (fgets(line, sizeof line, stdin)) {
                    if (!strcmp(line, "crash\\n"))
                        raise(SIGSEGV);
            #ifdef LATE
                    if (!answer)
                        answer = dlsym(dlopen(LIBRARY, RTLD_NOW), "answer");
            #endif
                    printf("%d\\n", answer(1));
                    fflush(stdout);
                }
                return 0;
            }
            """;

    @TempDir
    static Path directory;
    private static Path fix;

    @TempDir
    private Path own;
    private Path store;

    @BeforeAll
    static void build() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("library.c"),
                LIBRARY + "int place(void) { return " + directory.hashCode() + "; }\n");
        Files.writeString(directory.resolve("fix.c"), FIX);
        Files.writeString(directory.resolve("program.c"), PROGRAM);
        Path library = directory.resolve("libstored.so");
        gcc("-shared", "-fPIC", "-o", library.toString(), directory.resolve("library.c").toString());
        gcc("-o", directory.resolve("server").toString(), directory.resolve("program.c").toString(),
                library.toString(), "-Wl,-rpath," + directory);
        gcc("-DLATE", "-DLIBRARY=\"" + library + "\"", "-o", directory.resolve("late").toString(),
                directory.resolve("program.c").toString(), "-ldl");
        fix = directory.resolve("fix.so");
        Result built = Scripts.pulpo("build", "--target", library.toString(), directory.resolve("fix.c").toString(),
                "-o", fix.toString());
        assertThat(built.status()).as(built.errors()).isZero();
    }

    private static void gcc(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-g", "-Wl,--build-id=sha1"));
        command.addAll(List.of(arguments));
        Result result = Scripts.command(command.toArray(String[]::new));
        assertThat(result.status()).as(result.errors()).isZero();
    }

    @BeforeEach
    void choosePlace() {
        store = own.resolve("store");
    }

    private Result pulpo(String command, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(command, "--store", store.toString()));
        all.addAll(List.of(arguments));
        return Scripts.pulpo(all.toArray(String[]::new));
    }

    /** The id of the accepted patch. */
    private static String id(Result accepted) {
        Matcher id = Pattern.compile("accepted ([0-9a-f]{12}): ").matcher(accepted.output());
        assertThat(id.find()).as(accepted.output() + accepted.errors()).isTrue();
        return id.group(1);
    }

    /** A process that answers; ends with the test. */
    private record Server(Process process, BufferedReader output) implements AutoCloseable {
        static Server start(String program, String... before) throws IOException {
            List<String> command = new ArrayList<>(List.of(before));
            command.add(directory.resolve(program).toString());
            Process process = new ProcessBuilder(command).start();
            return new Server(process, process.inputReader(StandardCharsets.UTF_8));
        }

        static Server ofNobody(String program) throws IOException {
            return start(program, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");
        }

        void say(String line) throws IOException {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        }

        String ask() throws IOException {
            say("?");
            return output.readLine();
        }

        /** Asks until the answer is this one. */
        void becomes(String answer) throws IOException {
            Waiting.until("the answer is " + answer, () -> ask().equals(answer));
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    /** Waits for a fact; a minute says that it never comes. */
    private static final class Waiting {
        private static final long PATIENCE_NANOS = 60_000_000_000L;

        interface Fact {
            boolean isTrue() throws IOException;
        }

        static void until(String what, Fact fact) throws IOException {
            long began = System.nanoTime();
            while (!fact.isTrue()) {
                assertThat(System.nanoTime() - began).as(what).isLessThan(PATIENCE_NANOS);
                Thread.onSpinWait();
            }
        }
    }

    /** A watcher; ends with the test. */
    private record Watcher(Process process, Path log) implements AutoCloseable {
        static Watcher start(Path store, Path log, String... options) throws IOException {
            List<String> all = new ArrayList<>(List.of("watch", "--store", store.toString()));
            all.addAll(Arrays.asList(options));
            Process process = Scripts.start(log, all.toArray(String[]::new));
            Watcher watcher = new Watcher(process, log);
            watcher.says("watching ");
            return watcher;
        }

        void says(String text) throws IOException {
            Waiting.until("the watcher says " + text, () -> {
                String said = Files.readString(log);
                assertThat(process.isAlive()).as(said).isTrue();
                return said.contains(text);
            });
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    @Test
    void acceptedPatchIsForAllProcessesOfTheBuildAndGoesFromAll() throws Exception {
        try (Server one = Server.start("server"); Server other = Server.ofNobody("server")) {
            assertThat(one.ask()).isEqualTo("2");
            assertThat(other.ask()).isEqualTo("2");
            Result accepted = Scripts.command("sh", "-c", "umask 000; exec pulpo accept --store " + store + " " + fix);
            String id = id(accepted);
            assertThat(accepted.output()).contains("as they should be: 2 of 2 processes");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(store))).isEqualTo("rwx------");
            assertThat(one.ask()).isEqualTo("101");
            assertThat(other.ask()).isEqualTo("101");
            assertThat(pulpo("status").output()).contains("patch " + id + " accepted: active in 2 of 2 processes",
                    "drift: 0 of 2 processes");

            assertThat(Scripts.pulpo("revert", "-p", Long.toString(one.process.pid()), id).status()).isZero();
            try (Server later = Server.start("server")) {
                assertThat(later.ask()).isEqualTo("2");
                Result drift = pulpo("status");
                assertThat(drift.status()).isEqualTo(1);
                assertThat(drift.output()).contains("active in 1 of 3 processes",
                        "process " + one.process.pid() + " (server): missing", "drift: 2 of 3 processes");
                assertThat(pulpo("status", "--json").output()).contains("\"drift\":2", "\"state\":\"missing\"",
                        "\"active\":1,\"of\":3");
                assertThat(pulpo("restore").output()).contains("as they should be: 3 of 3 processes");
                assertThat(later.ask()).isEqualTo("101");
                assertThat(one.ask()).isEqualTo("101");
                pulpo("withdraw", id, "--reason", "no good");
                assertThat(later.ask() + one.ask() + other.ask()).isEqualTo("222");
                assertThat(pulpo("status").output()).contains("patch " + id + " withdrawn: no good",
                        "drift: 0 of 0 processes");
            }
        }
        assertThat(pulpo("withdraw", "0123456789ab").status()).isEqualTo(1);
        assertThat(pulpo("accept", directory.resolve("libstored.so").toString()).status()).isEqualTo(1);
    }

    @Test
    void othersMayNotLookIntoTheStore() throws Exception {
        pulpo("accept", fix.toString());
        Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rwxr-xr-x"));
        Result weak = pulpo("status");
        assertThat(weak.status()).isEqualTo(1);
        assertThat(weak.errors()).contains("chmod 700 " + store);
    }

    /** By the kernel's reports where there are any, and without them: what starts, what loads later, what is withdrawn. */
    @Test
    void watcherGivesProcessesWhatTheyShouldHave() throws Exception {
        for (String[] options : new String[][]{{}, {"--no-reports"}}) {
            String id = id(pulpo("accept", fix.toString()));
            try (Watcher watcher = Watcher.start(store, own.resolve("log"), options);
                    Server started = Server.start("server");
                    Server late = Server.ofNobody("late")) {
                started.becomes("101");
                // It has its first answer before the patch, as nothing of it is loaded until then.
                assertThat(late.ask()).isIn("2", "101");
                late.becomes("101");
                assertThat(pulpo("watch").errors()).contains("another watcher");
                pulpo("withdraw", id);
                assertThat(started.ask()).isEqualTo("2");
                pulpo("accept", fix.toString());
                started.becomes("101");
                // A killed watcher leaves everything as it is, and the next one goes on.
                watcher.process.destroyForcibly().onExit().join();
                try (Server later = Server.start("server");
                        Watcher next = Watcher.start(store, own.resolve("next"), options)) {
                    later.becomes("101");
                    assertThat(started.ask()).isEqualTo("101");
                    next.process.destroy();
                    assertThat(next.process.waitFor()).isEqualTo(143);
                }
            }
        }
    }

    /** What a user's processes do speaks for that user alone; a process of root speaks for all. */
    @Test
    void patchThatMakesProcessesCrashGoes() throws Exception {
        String id = id(pulpo("accept", fix.toString()));
        try (Watcher watcher = Watcher.start(store, own.resolve("log"));
                Server roots = Server.start("server");
                Server nobodys = Server.ofNobody("server");
                Server another = Server.ofNobody("server")) {
            assumeTrue(!Files.readString(watcher.log).contains("does not report"), "needs the kernel's reports");
            roots.becomes("101");
            nobodys.becomes("101");
            another.becomes("101");
            nobodys.say("crash");
            watcher.says("is held back from processes of user 65534: process " + nobodys.process.pid());
            another.becomes("2");
            assertThat(roots.ask()).isEqualTo("101");
            assertThat(pulpo("status").output()).contains("held back from user 65534",
                    "process " + another.process.pid() + " (server): held back");
            try (Server third = Server.start("server")) {
                third.becomes("101");
                third.say("crash");
                watcher.says("patch " + id + " is withdrawn: process " + third.process.pid());
            }
            roots.becomes("2");
            assertThat(pulpo("status").output()).contains("patch " + id + " withdrawn: process ", "SIGSEGV");
        }
    }

    @Test
    void patchGoesIfTheHealthCommandFailsAfterIt() throws Exception {
        Path mark = own.resolve("mark");
        String[] options = {"--health", "test ! -e " + mark, "--health-delay", "1us"};
        Files.createFile(mark);
        Result ill = pulpo("watch", options);
        assertThat(ill.status()).isEqualTo(1);
        assertThat(ill.errors()).contains("before any patch was applied");
        Files.delete(mark);
        String id = id(pulpo("accept", fix.toString()));
        try (Watcher watcher = Watcher.start(store, own.resolve("log"), options)) {
            Files.createFile(mark);
            try (Server server = Server.start("server")) {
                watcher.says("patch " + id + " is withdrawn: the health command ended with status 1");
                server.becomes("2");
            }
        }
    }

    /** As a service manager does it: a datagram to a socket (sd_notify(3)). */
    @Test
    void serviceManagerIsTold() throws Exception {
        Path socket = own.resolve("notify");
        Path listener = Files.writeString(own.resolve("listen.py"), """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind(sys.argv[1])
                print("bound", flush=True)
                while True:
                    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
                """);
        Scripts.need("python3");
        Process manager = new ProcessBuilder("python3", listener.toString(), socket.toString()).start();
        try (BufferedReader told = manager.inputReader(StandardCharsets.UTF_8)) {
            assertThat(told.readLine()).isEqualTo("bound");
            Process watcher = Scripts.start(own.resolve("log"), "NOTIFY_SOCKET=" + socket, "watch", "--store",
                    store.toString());
            try {
                assertThat(told.readLine()).startsWith("READY=1 STATUS=watching");
                watcher.destroy();
                assertThat(told.readLine()).isEqualTo("STOPPING=1");
            } finally {
                watcher.destroyForcibly().onExit().join();
            }
        } finally {
            manager.destroyForcibly().onExit().join();
        }
        try (FileChannel lock = FileChannel.open(store.resolve(".watcher"), java.nio.file.StandardOpenOption.WRITE)) {
            assertThat(lock.tryLock()).as("the lock ends with the watcher").isNotNull();
        }
    }
}
