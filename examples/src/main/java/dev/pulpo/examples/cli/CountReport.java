package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.ProbeCounts;
import java.util.Map;
import java.util.TreeMap;

/** How often a probe has acted. */
final class CountReport implements ProbeReport {
    /** How many threads people are shown; JSON has all of them. */
    private static final int SHOWN = 10;

    private final Command command;
    private final LiveProbe probe;
    private ProbeCounts counts = new ProbeCounts(0, new TreeMap<>(), 0);

    CountReport(Command command, LiveProbe probe) {
        this.command = command;
        this.probe = probe;
    }

    @Override
    public void look(boolean tell) {
        long before = counts.total();
        counts = probe.counts();
        if (tell) {
            command.say(counts.total() + " (+" + (counts.total() - before) + ")");
        }
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        counts.threads().entrySet().stream().sorted(Map.Entry.<Integer, Long>comparingByValue().reversed())
                .limit(SHOWN).forEach(thread -> text.append("  thread ").append(thread.getKey()).append(": ")
                        .append(thread.getValue()).append(System.lineSeparator()));
        if (counts.threads().size() > SHOWN) {
            text.append("  and ").append(counts.threads().size() - SHOWN).append(" more threads")
                    .append(System.lineSeparator());
        }
        if (counts.rest() > 0) {
            text.append("  threads without a counter of their own: ").append(counts.rest())
                    .append(System.lineSeparator());
        }
        return text + probe.probe().function() + ": " + ProbeReport.calls(counts.total());
    }

    @Override
    public Map<String, Object> json() {
        return Json.object("total", counts.total(), "threads",
                counts.threads().entrySet().stream().map(CountReport::json).toList(), "otherThreads", counts.rest());
    }

    private static Map<String, Object> json(Map.Entry<Integer, Long> thread) {
        return Json.object("tid", thread.getKey(), "calls", thread.getValue());
    }
}
