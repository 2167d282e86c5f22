package dev.pulpo.engine;

import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program with two libraries, one built to be replaced and one not, and patches of both. */
final class Pair {
    private final Victims victims;
    private final Path directory;
    private final Path program;

    Pair(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        victims = new Victims(directory);
        victims.library();
        victims.compiled("libother.so", "other.c", "-shared", "-fPIC", "-Wl,-soname,libother.so");
        program = victims.compiled("pair", "pair.c", "-L" + directory, "-lanswer", "-lother",
                "-Wl,-rpath," + directory, "-pthread");
    }

    Path program() {
        return program;
    }

    Victims victims() {
        return victims;
    }

    /** One that runs so many comparing threads. */
    RunningServer start(int threads) {
        return RunningServer.preloaded(program, Integer.toString(threads));
    }

    /** Patches of both libraries, to this version. */
    List<LivePatch> to(int version) {
        return List.of(answer(version), other(version));
    }

    LivePatch answer(int version) {
        return patch("libanswer.so", "answer", version);
    }

    LivePatch other(int version) {
        return patch("libother.so", "other", version);
    }

    /** A patch of one function, in a file of its own. */
    LivePatch patch(String library, String function, int version) {
        Path file = directory.resolve("pair-" + function + version + ".so");
        if (!java.nio.file.Files.exists(file)) {
            try {
                victims.compiled(file.getFileName().toString(), "fix.c", "-shared", "-fPIC", "-DVALUE=" + version);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return LivePatch.of(file).target(library).replace(function,
                function.equals("second") ? "fixed_second" : "fixed_answer");
    }

    /** Ids of {@link #to}. */
    List<PatchId> ids(int version) throws IOException {
        List<PatchId> ids = new ArrayList<>();
        for (LivePatch patch : to(version)) {
            ids.add(patch.id());
        }
        return ids;
    }

    /** The patch files that a process has mapped. */
    static List<String> loaded(RunningServer server) {
        return MemoryMap.read(server.pid(), ProcFs.anyLiveThread(server.pid())).mappings().stream()
                .map(mapping -> mapping.path()).filter(path -> path.contains("/pair-")).distinct().toList();
    }
}
