package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.WaitStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program that executes another one waits until all its other threads have gone, and those that are traced go when their
 * tracer has been told.
 */
@Timeout(60)
class ExecuteTest {
    @TempDir
    static Path directory;
    static Path program;

    @BeforeAll
    static void build() {
        program = new Victims(directory).linked("hazards.c");
    }

    /** Of the threads of the victim, one that does not execute. */
    private static int other(RunningServer server) {
        return ProcFs.threads(server.pid()).stream().filter(tid -> tid != server.pid()).findFirst().orElseThrow();
    }

    private static void awaitEndOf(RunningServer server, int tid) {
        while (!ProcFs.isZombie(server.pid(), tid)) {
            Thread.onSpinWait();
        }
    }

    private static void awaitOtherProgram(RunningServer server) {
        while (!ProcFs.name(server.pid()).equals("sleep")) {
            Thread.onSpinWait();
        }
    }

    /** It would wait for its tracer, and its tracer for it. */
    @Test
    void threadIsSeizedWhileAnotherTracedOneIsWaitedFor() {
        try (RunningServer server = RunningServer.preloaded(program, "vectors");
                TracerThread tracer = new TracerThread(server.pid())) {
            int other = other(server);
            WaitStatus end = tracer.call(tools -> {
                Ptrace ptrace = tools.ptrace();
                assertThat(ptrace.seize(server.pid(), other, 0)).isZero();
                server.say("exec");
                awaitEndOf(server, other);
                assertThat(ptrace.seize(server.pid(), server.pid(), 0)).isZero();
                awaitOtherProgram(server);
                // The end is told all the same, and once.
                return ptrace.decode(ptrace.pollWord(other));
            });
            assertThat(end.isGone()).isTrue();
            assertThat(tracer.<Boolean>call(TracerThread.Tools::hasUnreleased)).isFalse();
        }
    }

    @Test
    void endOfStoppedThreadIsTakenWithoutBeingWaitedFor() {
        try (RunningServer server = RunningServer.preloaded(program, "vectors");
                TracerThread tracer = new TracerThread(server.pid())) {
            int other = other(server);
            int error = tracer.call(tools -> {
                Ptrace ptrace = tools.ptrace();
                assertThat(ptrace.seize(server.pid(), other, 0)).isZero();
                assertThat(ptrace.interrupt(other)).isZero();
                assertThat(ptrace.await(other)).isInstanceOf(WaitStatus.Interrupted.class);
                server.say("exec");
                awaitEndOf(server, other);
                return ptrace.readRegisters(other, tools.saved());
            });
            assertThat(error).isEqualTo(Errno.ESRCH);
            // The tracer lives, and has nothing more to do.
            awaitOtherProgram(server);
        }
    }
}
