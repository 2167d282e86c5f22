package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Path;

/** A program with a struct that patches make grow by shadow variables; grown.c says how. */
final class GrownStruct {
    private final Victims victims;
    private final Path program;

    GrownStruct(Victims victims) throws IOException, InterruptedException {
        this.victims = victims;
        program = victims.compiled("grown", "grown.c", "-pthread");
    }

    RunningServer start(boolean preloaded) {
        return preloaded ? RunningServer.preloaded(program, "6") : RunningServer.plain(program, "6");
    }

    /** A patch that counts the uses of sessions, in a file of its own for each version. */
    LivePatch counting(int version) throws IOException, InterruptedException {
        return LivePatch.of(victims.compiled("grown_fix" + version + ".so", "grown_fix.c", "-shared", "-fPIC",
                "-DVERSION=" + version, "-I" + StubFile.header().getParent())).target("exe")
                .replace("session_open", "counting_open").replace("session_use", "counting_use")
                .replace("session_close", "counting_close");
    }

    /** Waits until so many sessions have come and gone. */
    static void goRound(RunningServer server, long times) throws Exception {
        long goal = Long.parseLong(server.ask("rounds")) + times;
        Await.that("sessions come and go", () -> Long.parseLong(server.ask("rounds")) >= goal);
    }
}
