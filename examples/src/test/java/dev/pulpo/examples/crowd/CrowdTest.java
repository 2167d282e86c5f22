package dev.pulpo.examples.crowd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.crowd.Crowd.Limits;
import dev.pulpo.examples.crowd.Crowd.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work on many processes, without any process. */
@Timeout(60)
class CrowdTest {
    private static final Duration LONG = Duration.ofSeconds(50);
    private static final Workers WORKERS = new Workers(64);

    private static <T> List<Result<T>> run(Limits limits, int count, IntFunction<T> work) throws InterruptedException {
        List<Result<T>> results = new ArrayList<>();
        new Crowd(limits).run(IntStream.range(0, count).boxed().toList(), work, results::add, done -> {});
        return results;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void thoseThatStallKeepNobodyWaiting() throws Exception {
        CountDownLatch honest = new CountDownLatch(1);
        // Each of the others waits for the last one.
        List<Result<Integer>> results = run(Limits.ofChanging(WORKERS, LONG, LONG), 25, pid -> {
            if (pid == 24) {
                honest.countDown();
            } else {
                await(honest);
            }
            return pid;
        });
        assertThat(results).hasSize(25).allMatch(result -> result.value().isPresent());
    }

    @Test
    void quickOnesAreReportedInOrderByFewWorkers() throws Exception {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        List<Result<Integer>> results = run(Limits.ofReading(WORKERS), 1000, pid -> {
            workers.add(Thread.currentThread());
            return pid;
        });
        assertThat(results).extracting(Result::pid).isSorted().hasSize(1000);
        assertThat(workers).hasSizeLessThanOrEqualTo(WORKERS.processors()).allMatch(Thread::isDaemon);
    }

    @Test
    void whatTakesTooLongIsInterruptedAndNotWaitedFor() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(2);
        Limits limits = new Limits(1, 1, Duration.ofMillis(100), Duration.ofMillis(100), LONG, true);
        List<Result<Integer>> results = run(limits, 3, pid -> {
            if (pid < 2) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            }
            return pid;
        });
        await(interrupted);
        assertThat(results).filteredOn(result -> result.failure().isPresent()).hasSize(2)
                .allSatisfy(result -> assertThat(result.failure().orElseThrow())
                        .isInstanceOf(NotDoneException.class).hasMessageContaining("too large to be read: not done"));
        assertThat(results).filteredOn(result -> result.value().isPresent()).extracting(Result::pid)
                .containsExactly(2);
    }

    @Test
    void failuresOfAnyKindAreThoseOfOne() throws Exception {
        List<Result<Integer>> results = run(Limits.ofReading(WORKERS), 3, pid -> switch (pid) {
            case 0 -> throw new StackOverflowError();
            case 1 -> throw new ArithmeticException("/ by zero");
            default -> pid;
        });
        assertThat(results.get(0).failure()).containsInstanceOf(StackOverflowError.class);
        assertThat(results.get(1).failure()).containsInstanceOf(ArithmeticException.class);
        assertThat(Unforeseen.words(7, results.get(1).failure().orElseThrow())).startsWith(
                "internal error: java.lang.ArithmeticException: / by zero; PULPO_TRACE=1").doesNotContain("\n");
        assertThat(results.get(2).value()).contains(2);
    }

    @Tag("slow")
    @Test
    void afterTheDeadlineNoMoreAreBegunWhereNothingGetsDone() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Limits limits = Limits.ofChanging(Workers.ONE, Duration.ofSeconds(2), Duration.ofMillis(10));
        List<Result<Integer>> results = run(limits, 3, pid -> {
            await(never);
            return pid;
        });
        assertThat(results).extracting(result -> String.valueOf(result.failure().orElseThrow().getMessage()))
                .containsExactlyInAnyOrder("not done within 2 s", "not begun within 0 s", "not begun within 0 s");
        never.countDown();
    }
}
