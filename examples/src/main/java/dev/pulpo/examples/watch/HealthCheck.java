package dev.pulpo.examples.watch;

import dev.pulpo.engine.StoredPatch;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A command of the administrator that says whether all is well. It runs some time after processes were given patches; if it
 * fails, these speak against themselves. For one thread.
 */
final class HealthCheck {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final String command;
    private final long delay;
    private Set<StoredPatch> waiting = new LinkedHashSet<>();
    private long due;
    private Optional<Running> running = Optional.empty();

    /** A run of the command, and the patches that it is about. */
    private record Running(CompletableFuture<Optional<String>> end, Set<StoredPatch> patches) {}

    /**
     * What speaks against patches.
     *
     * @param reason what the command did
     */
    record Failure(Set<StoredPatch> patches, String reason) {}

    /** @param delay between the last patch and the command */
    HealthCheck(String command, Duration delay) {
        this.command = command;
        this.delay = delay.toNanos();
    }

    /** A process was given patches. */
    void add(List<StoredPatch> patches) {
        waiting.addAll(patches);
        due = System.nanoTime() + delay;
    }

    /** Runs the command if that is due, and returns what it has found, if it has. Does not wait. */
    Optional<Failure> look() {
        if (running.isEmpty() && !waiting.isEmpty() && System.nanoTime() - due >= 0) {
            running = Optional.of(new Running(CompletableFuture.supplyAsync(this::run, task -> Thread.ofPlatform()
                    .daemon().name("pulpo-health").start(task)), waiting));
            waiting = new LinkedHashSet<>();
        }
        if (running.isEmpty() || !running.get().end.isDone()) {
            return Optional.empty();
        }
        Running ended = running.get();
        running = Optional.empty();
        return ended.end.join().map(why -> new Failure(ended.patches, why));
    }

    /** Runs the command; the result is why it failed. */
    Optional<String> run() {
        try {
            Process process = new ProcessBuilder("/bin/sh", "-c", command)
                    .redirectInput(Redirect.from(new java.io.File("/dev/null"))).redirectOutput(Redirect.DISCARD)
                    .redirectError(Redirect.INHERIT).start();
            try {
                if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
                    return Optional.of("the health command took more than " + LONGEST.toSeconds() + " s");
                }
                return process.exitValue() == 0
                        ? Optional.empty()
                        : Optional.of("the health command ended with status " + process.exitValue());
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return Optional.of("the health command cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
