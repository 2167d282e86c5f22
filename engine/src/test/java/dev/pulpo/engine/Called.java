package dev.pulpo.engine;

import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program whose patches have callbacks, which write a log into it; called.c says how. */
final class Called {
    /** A callback, by the number of its gate. */
    enum At {
        BEFORE_APPLY(0, "<a"), AFTER_APPLY(1, "+a"), BEFORE_REVERT(2, "-a"), AFTER_REVERT(3, ">a");

        private final int gate;
        private final String sign;

        At(int gate, String sign) {
            this.gate = gate;
            this.sign = sign;
        }

        /** What the callback of the patch a writes into the log. */
        String sign() {
            return sign;
        }
    }

    private final Victims victims;
    private final Path directory;
    private final Path program;

    Called(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        victims = new Victims(directory);
        victims.library();
        program = victims.compiled("called", "called.c", "-L" + directory, "-lanswer", "-Wl,-rpath," + directory,
                "-pthread", "-rdynamic");
    }

    Victims victims() {
        return victims;
    }

    RunningServer start() {
        return RunningServer.preloaded(program, "2");
    }

    RunningServer startWithoutStub() {
        return RunningServer.plain(program, "2");
    }

    /** A patch of answer() with all callbacks, of this name, which is one letter. */
    LivePatch patch(String name, int value, String... options) {
        Path file = directory.resolve("called-" + name + value + ".so");
        if (!Files.exists(file)) {
            List<String> all = new ArrayList<>(
                    List.of("-shared", "-fPIC", "-DNAME=\"" + name + "\"", "-DVALUE=" + value,
                            "-I" + StubFile.header().getParent(), "-Wl,--allow-shlib-undefined"));
            all.addAll(List.of(options));
            try {
                victims.compiled(file.getFileName().toString(), "called_fix.c", all.toArray(String[]::new));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return LivePatch.of(file).target("libanswer.so").replace("answer", "fixed_answer");
    }

    static void gate(RunningServer server, At at, int what) {
        server.ask("gate " + at.gate + " " + what);
    }

    /** Looks at a process, and opens its gates, while the thread that would obey may be the one that is borrowed. */
    record Outside(int pid, RemoteAddress gates, RemoteAddress text, RemoteAddress length) {
        static Outside of(RunningServer server) {
            String[] places = server.ask("where").split(" ");
            return new Outside(server.pid(), at(places[0]), at(places[1]), at(places[2]));
        }

        private static RemoteAddress at(String place) {
            return new RemoteAddress(Long.parseUnsignedLong(place, 16));
        }

        String log() {
            try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
                int bytes = memory.bytes(length, 1)[0];
                return new String(memory.bytes(text, bytes), StandardCharsets.US_ASCII);
            }
        }

        void open(At at) {
            try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
                memory.write(gates.plus((long) Integer.BYTES * at.gate), new byte[Integer.BYTES]);
            }
        }
    }

    /** Whether a process still has a patch mapped. */
    static boolean isLoaded(RunningServer server) {
        return MemoryMap.read(server.pid(), ProcFs.anyLiveThread(server.pid())).mappings().stream()
                .anyMatch(mapping -> mapping.path().contains("/called-"));
    }
}
