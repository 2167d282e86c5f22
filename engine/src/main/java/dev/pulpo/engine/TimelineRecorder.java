package dev.pulpo.engine;

import dev.pulpo.engine.target.ProcFs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records what operations do to processes. One recorder can listen to several processes. Thread-safe.
 *
 * <pre>{@code
 * TimelineRecorder recorder = new TimelineRecorder();
 * process.listen(recorder);
 * process.apply(patch);
 * recorder.timelines().forEach(System.out::println);
 * }</pre>
 */
public final class TimelineRecorder implements OperationListener {
    /** A process that ten thousand threads keep from being patched is stopped some hundred times. */
    private static final int MOST_PAUSES = 2_000_000;
    private static final int MOST_NAMES = 1024;

    private final Map<Integer, List<Timeline.Step>> steps = new LinkedHashMap<>();
    private final Map<Integer, List<Pause>> pauses = new LinkedHashMap<>();
    private long recorded;
    private long omitted;

    /** A recorder that has seen nothing yet. */
    public TimelineRecorder() {}

    @Override
    public synchronized void phase(int pid, Phase phase, long from, long to) {
        steps.computeIfAbsent(pid, unknown -> new ArrayList<>()).add(new Timeline.Step(phase, from, to));
    }

    @Override
    public synchronized void paused(int pid, List<Pause> all) {
        for (Pause pause : all) {
            if (recorded + pause.threads().size() > MOST_PAUSES) {
                omitted += pause.threads().size();
            } else {
                recorded += pause.threads().size();
                pauses.computeIfAbsent(pid, unknown -> new ArrayList<>()).add(pause);
            }
        }
    }

    /** How many pauses of threads were too many to be recorded. */
    public synchronized long omitted() {
        return omitted;
    }

    /**
     * What was recorded so far, one time line for each process. Reads the names of the threads that paused longest, a thousand
     * at most, as they are now.
     */
    public synchronized List<Timeline> timelines() {
        List<Timeline> all = new ArrayList<>();
        List<Integer> pids = new ArrayList<>(steps.keySet());
        pauses.keySet().stream().filter(pid -> !steps.containsKey(pid)).forEach(pids::add);
        for (int pid : pids) {
            List<Pause> own = pauses.getOrDefault(pid, List.of());
            all.add(new Timeline(pid, ProcFs.name(pid), steps.getOrDefault(pid, List.of()), own, names(pid, own)));
        }
        return all;
    }

    private static Map<Integer, String> names(int pid, List<Pause> pauses) {
        Map<Integer, Long> longest = new LinkedHashMap<>();
        pauses.forEach(pause -> pause.threads()
                .forEach(thread -> longest.merge(thread.tid(), thread.to() - thread.from(), Math::max)));
        Map<Integer, String> names = new LinkedHashMap<>();
        longest.entrySet().stream().sorted(Map.Entry.<Integer, Long>comparingByValue().reversed()).limit(MOST_NAMES)
                .forEach(entry -> names.put(entry.getKey(), ProcFs.name(pid, entry.getKey())));
        return names;
    }

    @Override
    public String toString() {
        return timelines().toString();
    }
}
