package dev.pulpo.engine.programs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A load generator as the distribution ships it, run again and again for a short time. It says itself how many requests it
 * has made and what failed; a run that ends in the middle because nobody needs it any more counts for nothing.
 */
final class Generator {
    private static final Pattern WRK_REQUESTS = Pattern.compile("(\\d+) requests in");
    private static final Pattern WRK_FAILURES = Pattern.compile("Socket errors:.*|Non-2xx.*");
    private static final int REDIS_REQUESTS = 10_000;
    private static final List<String> REDIS_COMMANDS = List.of("set", "get", "incr", "hset", "sadd");

    /** Those that are needed, of the packages wrk and redis-tools. */
    static final String WRK = "/usr/bin/wrk";
    static final String REDIS_BENCHMARK = "/usr/bin/redis-benchmark";

    private final List<String> command;
    private final Path output;
    private final Reading reading;
    private final AtomicLong requests = new AtomicLong();

    /** Reads what a run has printed: how many requests it has made; throws where one of them failed. */
    @FunctionalInterface
    private interface Reading {
        long requests(String printed);
    }

    private Generator(List<String> command, Path output, Reading reading) {
        this.command = command;
        this.output = output;
        this.reading = reading;
    }

    /** wrk, which asks a web server for one page. */
    static Generator wrk(Path directory, int port, String path) {
        return new Generator(List.of(WRK, "-t1", "-c4", "-d1s", "--timeout", "60s", "-H", "Accept-Encoding: gzip",
                "http://127.0.0.1:" + port + path), directory.resolve("wrk.out"), Generator::wrkRequests);
    }

    private static long wrkRequests(String printed) {
        Matcher failures = WRK_FAILURES.matcher(printed);
        Matcher requests = WRK_REQUESTS.matcher(printed);
        if (failures.find() || !requests.find()) {
            throw new AssertionError("wrk: " + printed);
        }
        return Long.parseLong(requests.group(1));
    }

    /** redis-benchmark, with commands that do not make the server's memory grow. */
    static Generator redisBenchmark(Path directory, int port) {
        return new Generator(List.of(REDIS_BENCHMARK, "-p", Integer.toString(port), "-c", "4", "-n",
                Integer.toString(REDIS_REQUESTS), "-r", "100", "-e", "--csv", "-t", String.join(",", REDIS_COMMANDS)),
                directory.resolve("redis-benchmark.out"), Generator::redisRequests);
    }

    private static long redisRequests(String printed) {
        long finished = printed.lines().filter(line -> line.startsWith("\"") && !line.startsWith("\"test\"")).count();
        if (printed.contains("Error") || finished != REDIS_COMMANDS.size()) {
            throw new AssertionError("redis-benchmark: " + printed);
        }
        return finished * REDIS_REQUESTS;
    }

    /** One run. */
    void run() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            int status = process.waitFor();
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            if (status != 0) {
                throw new AssertionError(command.getFirst() + " ended with " + status + ": " + printed);
            }
            requests.addAndGet(reading.requests(printed));
        } finally {
            process.destroyForcibly();
        }
    }

    /** How many requests were made in whole runs, all of them answered. */
    long requests() {
        return requests.get();
    }
}
