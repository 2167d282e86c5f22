package dev.pulpo.engine.stacks;

import dev.pulpo.engine.inspect.FrameProbe;
import dev.pulpo.engine.target.LoadedObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What came of the stops of one program. */
final class Tally {
    private final String program;
    private int stops;
    private int stacks;
    private int frames;
    private int equal;
    private int differences;
    private final Map<String, Integer> endsEarlier = new TreeMap<>();
    private final Map<String, Integer> gdbEndsEarlier = new TreeMap<>();
    private final Map<String, Integer> names = new TreeMap<>();

    Tally(String program) {
        this.program = program;
    }

    void stop() {
        stops++;
    }

    void stack(FrameProbe.Stack ours, Gdb.Stack theirs, Verdict verdict, List<LoadedObject> objects) {
        stacks++;
        frames += Math.min(ours.frames().size(), theirs.frames().size());
        switch (verdict) {
            case Verdict.Equal same -> equal++;
            case Verdict.EndsEarlier end -> endsEarlier.merge(end.reason(), 1, Integer::sum);
            case Verdict.GdbEndsEarlier end -> gdbEndsEarlier.merge(end.reason(), 1, Integer::sum);
            case Verdict.Differs differs -> differences++;
        }
        for (int i = 0; i < Math.min(ours.frames().size(), theirs.frames().size()); i++) {
            FrameProbe.Frame frame = ours.frames().get(i);
            if (Names.differ(objects, frame, theirs.frames().get(i))) {
                names.merge(frame.function() + " / " + theirs.frames().get(i).function(), 1, Integer::sum);
            }
        }
    }

    /** A thread that only one of the two knows. */
    void lost() {
        differences++;
    }

    int stops() {
        return stops;
    }

    int frames() {
        return frames;
    }

    int equal() {
        return equal;
    }

    int differences() {
        return differences;
    }

    /** How many functions have a name that gdb does not know for them. */
    int namedOtherwise() {
        return names.size();
    }

    static String header() {
        return String.format("%-12s %6s %7s %8s %7s %14s %18s %12s", "program", "stops", "stacks", "frames", "equal",
                "ended earlier", "gdb ended earlier", "differences");
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format("%-12s %6d %7d %8d %7d %14d %18d %12d", program, stops,
                stacks, frames, equal, sum(endsEarlier), sum(gdbEndsEarlier), differences));
        endsEarlier
                .forEach((reason, count) -> text.append(String.format("%n    ended earlier %6d: %s", count, reason)));
        gdbEndsEarlier.forEach(
                (reason, count) -> text.append(String.format("%n    gdb ended earlier %2d: %s", count, reason)));
        names.forEach((pair, count) -> text.append(String.format("%n    named otherwise %4d: %s", count, pair)));
        return text.toString();
    }

    private static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
