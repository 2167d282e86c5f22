package dev.pulpo.engine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Ptrace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TracerThreadTest {
    @Test
    void aDismissedThreadServesTheNextTarget() {
        TracerThread first = TracerThread.lease(1);
        int tid = first.call(tools -> Processes.currentThread());
        first.dismiss();

        TracerThread second = TracerThread.lease(2);
        assertThat(second.<Integer>call(tools -> Processes.currentThread())).isEqualTo(tid);
        second.close();
    }

    @Test
    void aThreadWhoseWorkFailedIsNotKept() {
        TracerThread failing = new TracerThread(1);
        int tid = failing.call(tools -> Processes.currentThread());
        assertThatThrownBy(() -> failing.call(tools -> {
            throw new IllegalArgumentException("on purpose");
        })).isInstanceOf(IllegalArgumentException.class);
        failing.dismiss();

        assertThat(ProcFs.existsHere(tid)).isFalse();
    }

    @Test
    void closingLetsGoOfWhatIsStillTraced() {
        try (LaunchedProcess child = new Launcher("cat").start()) {
            TracerThread tracer = new TracerThread(child.pid());
            assertThat(
                    tracer.<Integer>call(tools -> tools.ptrace().seize(child.pid(), child.pid(), Ptrace.TRACE_CLONE)))
                    .isZero();
            assertThat(ProcFs.tracerOf(child.pid(), child.pid())).isNotZero();
            tracer.close();

            assertThat(ProcFs.tracerOf(child.pid(), child.pid())).isZero();
        }
    }

    @Test
    @Timeout(60)
    void aThreadThatNobodyWantsEnds() throws InterruptedException {
        TracerThread idle = new TracerThread(1);
        int tid = idle.call(tools -> Processes.currentThread());
        idle.dismiss();

        // It waits a second for the next target.
        while (ProcFs.existsHere(tid)) {
            Thread.sleep(50);
        }
    }
}
