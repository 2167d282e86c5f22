package dev.pulpo.engine.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** Threads that ask a program without end, and write down what went wrong. */
final class Load implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean ended;

    /** Asks once, and throws where the answer is wrong. */
    @FunctionalInterface
    interface Question {
        void ask() throws Exception;
    }

    /** Makes one question for each thread: a connection, for example. */
    @FunctionalInterface
    interface Questions {
        Question open() throws Exception;
    }

    Load(int count, Questions questions) {
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().daemon().name("load " + i).start(() -> run(questions)));
        }
    }

    private void run(Questions questions) {
        try {
            Question question = questions.open();
            while (!ended) {
                question.ask();
                answers.incrementAndGet();
            }
        } catch (Exception | AssertionError failed) {
            if (!ended) {
                failures.add(failed.toString());
            }
        }
    }

    long answers() {
        return answers.get();
    }

    String failures() {
        return failures.stream().collect(Collectors.joining("; "));
    }

    @Override
    public void close() {
        ended = true;
        for (Thread thread : threads) {
            thread.interrupt();
        }
    }
}
