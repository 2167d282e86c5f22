package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.ProbeTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How long calls took: a line of percentiles each second, and a histogram at the end. */
final class TimeReport implements ProbeReport {
    private static final int BAR = 40;

    private final Command command;
    private final LiveProbe probe;
    private ProbeTimes times = new ProbeTimes(0, 0, Duration.ZERO, List.of());

    TimeReport(Command command, LiveProbe probe) {
        this.command = command;
        this.probe = probe;
    }

    @Override
    public void look(boolean tell) {
        long before = times.returned();
        times = probe.times();
        if (tell) {
            command.say(times.returned() + " (+" + (times.returned() - before) + ")" + summary());
        }
    }

    private String summary() {
        return times.returned() == 0
                ? ""
                : ", mean " + ProbeReport.time(times.mean()) + ", 50 % below " + below(0.5) + ", 99 % below "
                        + below(0.99)
                        + ", all below " + below(1);
    }

    private String below(double share) {
        return ProbeReport.time(times.percentile(share));
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        List<ProbeTimes.Bucket> rows = rows();
        long most = rows.stream().mapToLong(ProbeTimes.Bucket::count).max().orElse(1);
        for (ProbeTimes.Bucket row : rows) {
            text.append(String.format(Locale.ROOT, "%9s to %7s  %10d  %s%n", ProbeReport.time(row.from()),
                    ProbeReport.time(row.to()), row.count(),
                    "#".repeat(Math.clamp(row.count() * BAR / most, 1, BAR))));
        }
        String unfinished = ProbeReport.unfinished(times.begun() - times.returned());
        return text + probe.probe().function() + ": " + ProbeReport.calls(times.returned()) + summary()
                + (unfinished.isEmpty() ? "" : "; " + unfinished);
    }

    /** Up to four neighbours become one row, which ends at twice its beginning. */
    private List<ProbeTimes.Bucket> rows() {
        List<ProbeTimes.Bucket> rows = new ArrayList<>();
        for (ProbeTimes.Bucket bucket : times.buckets()) {
            boolean joins = !rows.isEmpty()
                    && bucket.to().compareTo(rows.getLast().from().multipliedBy(2).plusNanos(1)) <= 0;
            rows.add(joins
                    ? new ProbeTimes.Bucket(rows.getLast().from(), bucket.to(),
                            rows.removeLast().count() + bucket.count())
                    : bucket);
        }
        return rows;
    }

    @Override
    public Map<String, Object> json() {
        return Json.object("begun", times.begun(), "returned", times.returned(), "sumNanos", times.sum().toNanos(),
                "buckets",
                times.buckets().stream().map(bucket -> Json.object("fromNanos", bucket.from().toNanos(), "toNanos",
                        bucket.to().toNanos(), "calls", bucket.count())).toList());
    }
}
