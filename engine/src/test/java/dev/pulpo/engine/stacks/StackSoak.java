package dev.pulpo.engine.stacks;

import dev.pulpo.engine.inspect.FrameProbe;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Stops programs at random instants, and compares what Pulpo and gdb see in the same stop. As a program:
 * {@code StackSoak [STOPS [PROGRAM...]]} (500) of {@link Subjects}; the exit status is 1 where something differs.
 */
final class StackSoak implements AutoCloseable {
    private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(30).toNanos();

    private final Subject subject;
    private final Gdb gdb;
    private final DescribedCode described;
    private final Random random;
    private final Consumer<String> output;
    private final Map<Integer, FrameProbe> probes = new HashMap<>();
    private final Set<Verdict> shown = new HashSet<>();
    private final Tally tally;

    /** @param output takes each difference, and an example of each other reason for an early end, in full */
    StackSoak(Subject subject, Gdb gdb, DescribedCode described, Random random, Consumer<String> output) {
        this.subject = subject;
        this.gdb = gdb;
        this.described = described;
        this.random = random;
        this.output = output;
        tally = new Tally(subject.name());
    }

    /** Makes so many stops. */
    Tally run(int stops) throws IOException {
        for (int i = 0; i < stops; i++) {
            LockSupport.parkNanos(random.nextLong(LONGEST_PAUSE_NANOS));
            List<Integer> processes = subject.processes().get();
            stop(processes.get(random.nextInt(processes.size())));
            if (!subject.failures().get().isEmpty()) {
                throw new IOException(subject.name() + " has failed: " + subject.failures().get());
            }
        }
        return tally;
    }

    private void stop(int pid) throws IOException {
        FrameProbe probe = probes.computeIfAbsent(pid, FrameProbe::new);
        try (Halt halt = new Halt(pid)) {
            List<FrameProbe.Stack> ours = probe.stacks();
            halt.awaitAll();
            Map<Integer, Gdb.Stack> theirs = gdb.stacks(pid);
            halt.awaitAll();
            tally.stop();
            List<LoadedObject> objects = probe.objects();
            StackComparison comparison = new StackComparison(described, objects, probe.memory());
            Set<Integer> unseen = new HashSet<>(theirs.keySet());
            for (FrameProbe.Stack stack : ours) {
                unseen.remove(stack.tid());
                Gdb.Stack same = theirs.get(stack.tid());
                if (same == null) {
                    lost(stack.tid(), "gdb");
                } else {
                    Verdict verdict = comparison.of(stack, same);
                    tally.stack(stack, same, verdict, objects);
                    if (verdict instanceof Verdict.Differs
                            || !(verdict instanceof Verdict.Equal) && shown.add(verdict)) {
                        output.accept(Difference.text(subject.name(), stack, same, verdict, address -> MemoryMap
                                .read(pid, pid).find(new RemoteAddress(address)).map(Object::toString).orElse("")));
                    }
                }
            }
            unseen.forEach(tid -> lost(tid, "Pulpo"));
        }
    }

    private void lost(int tid, String who) {
        tally.lost();
        output.accept(subject.name() + ": " + who + " does not see thread " + tid);
    }

    @Override
    public void close() {
        probes.values().forEach(FrameProbe::close);
    }

    private static void print(String text) {
        System.out.println(text);
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        int stops = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 500;
        List<String> programs = arguments.length > 1 ? List.of(arguments).subList(1, arguments.length) : Subjects.NAMES;
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed " + seed + "\n" + Tally.header());
        int differences = 0;
        Path directory = Files.createTempDirectory("stacks");
        DescribedCode described = new DescribedCode(directory);
        for (String name : programs) {
            try (Gdb gdb = new Gdb(directory);
                    Subject subject = Subjects.start(name, Files.createDirectories(directory.resolve(name)));
                    StackSoak soak = new StackSoak(subject, gdb, described, new Random(seed), StackSoak::print)) {
                Tally tally = soak.run(stops);
                System.out.println(tally);
                differences += tally.differences() + tally.namedOtherwise();
            }
        }
        System.exit(differences == 0 ? 0 : 1);
    }
}
