package dev.pulpo.engine.stacks;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** A JVM whose threads allocate, sort, throw, load classes, wait and end; and whose collector works. */
final class BusyJvm {
    private static final int THREADS = 25;
    private static final int DEPTH = 30;

    private BusyJvm() {}

    private static final AtomicInteger SINK = new AtomicInteger();

    private static void allocate(int seed) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 500; i++) {
            counts.merge("key " + i % 97 + seed, i, Integer::sum);
        }
        SINK.addAndGet(counts.size()
                + IntStream.range(0, 500).boxed().sorted(Comparator.reverseOrder()).toList().size());
    }

    private static int recurse(int depth) {
        if (depth > 0) {
            return recurse(depth - 1) + 1;
        }
        throw new IllegalStateException("deep");
    }

    private static void run(int number) {
        while (true) {
            try {
                switch (number % 5) {
                    case 0 -> allocate(number);
                    case 1 -> SINK.addAndGet(recurse(DEPTH));
                    case 2 -> Thread.sleep(1);
                    case 3 -> SINK.addAndGet(ForkJoinPool.commonPool().submit(SINK::get).get());
                    default -> Thread.ofPlatform().start(() -> allocate(number)).join();
                }
            } catch (IllegalStateException expected) {
                SINK.incrementAndGet();
            } catch (InterruptedException | java.util.concurrent.ExecutionException failed) {
                throw new IllegalStateException(failed);
            }
        }
    }

    public static void main(String[] arguments) {
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            Thread.ofPlatform().start(() -> run(number));
        }
        System.out.println("ready");
    }
}
