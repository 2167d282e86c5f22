package dev.pulpo.examples.picture;

import dev.pulpo.engine.Pause;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.ThreadPause;
import dev.pulpo.engine.Timeline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Draws time lines as SVG. For each process: what the tool did and when each thread paused, over the whole operation; below it,
 * as if through a magnifying glass, its last stop, and its longest.
 */
public final class TimelinePicture {
    private static final int MOST_PROCESSES = 16;
    private static final int MOST_THREADS = 20;
    private static final int MOST_LINES = 24;
    private static final double MARGIN = 24;
    private static final double NAMES = 210;
    private static final double PLOT = 780;
    private static final double FIGURES = 190;
    private static final double WIDTH = MARGIN + NAMES + PLOT + FIGURES + MARGIN;
    private static final double LEFT = MARGIN + NAMES;
    private static final double ROW = 18;
    private static final double BAR = 12;
    private static final double THINNEST = 1.5;
    private static final double CHARACTER = 6.1;
    private static final int LINE = 150;

    private static final String STYLE = """

            text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #24292f; }
            .page { fill: #ffffff; }
            .title { font-size: 19px; font-weight: 600; }
            .heading { font-size: 14px; font-weight: 600; }
            .soft { fill: #57606a; }
            .name { text-anchor: end; }
            .tick { text-anchor: middle; fill: #57606a; font-size: 11px; }
            .inside { font-size: 11px; fill: #ffffff; }
            .beside { font-size: 11px; fill: #57606a; }
            .grid { stroke: #d8dee4; stroke-width: 1; }
            .field { fill: #f6f8fa; }
            .stop { fill: #e5534b; }
            .look { fill: #d4a72c; }
            .loan { fill: #0969da; }
            .plan, .check { fill: #6e7781; }
            .wait, .rehearsal { fill: #afb8c1; }
            .inject, .load { fill: #0550ae; }
            .commit { fill: #a40e26; }
            .unload { fill: #2da44e; }
            rect:hover { opacity: 0.75; }
            """;

    private final Svg svg = new Svg();
    private double y;

    /** The pauses of one thread. */
    private record Row(int tid, String name, List<Pause.Cause> causes, List<ThreadPause> pauses) {
        long longest() {
            return pauses.stream().mapToLong(pause -> pause.to() - pause.from()).max().orElse(0);
        }

        long sum() {
            return pauses.stream().mapToLong(pause -> pause.to() - pause.from()).sum();
        }
    }

    private TimelinePicture() {}

    /**
     * The picture as the text of a file.
     *
     * @param title what was done
     * @param notes lines below it, such as the outcome
     */
    public static String of(String title, List<String> notes, List<Timeline> timelines) {
        return new TimelinePicture().draw(title, notes, timelines);
    }

    private String draw(String title, List<String> notes, List<Timeline> timelines) {
        y = MARGIN + 16;
        svg.text(MARGIN, y, "title", title);
        y += 8;
        List<String> lines = notes.stream().flatMap(note -> wrapped(note).stream()).toList();
        lines.stream().limit(MOST_LINES).forEach(this::note);
        if (lines.size() > MOST_LINES) {
            note((lines.size() - MOST_LINES) + " more lines");
        }
        legend();
        List<Timeline> shown = timelines.stream().sorted(Comparator.comparingLong(TimelinePicture::longest).reversed())
                .limit(MOST_PROCESSES).sorted(Comparator.comparingLong(Timeline::from)).toList();
        long from = shown.stream().mapToLong(Timeline::from).min().orElse(0);
        long to = shown.stream().mapToLong(Timeline::to).max().orElse(0);
        shown.forEach(timeline -> process(timeline, new Axis(from, to, LEFT, PLOT)));
        if (shown.size() < timelines.size()) {
            y += 24;
            long rest = timelines.stream().filter(timeline -> !shown.contains(timeline))
                    .mapToLong(TimelinePicture::longest).max().orElse(0);
            svg.text(MARGIN, y, "soft", (timelines.size() - shown.size())
                    + " more processes, in which no thread paused longer than " + Amount.of(rest));
        }
        return svg.document(WIDTH, y + MARGIN, title, STYLE);
    }

    private void note(String line) {
        y += 16;
        svg.text(MARGIN, y, "soft", line);
    }

    private static long longest(Timeline timeline) {
        return timeline.longest().map(pause -> pause.to() - pause.from()).orElse(0L);
    }

    /** A note in lines that are not too long, broken at commas. */
    private static List<String> wrapped(String note) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String part : note.split("(?<=[,;] )", -1)) {
            if (!line.isEmpty() && line.length() + part.length() > LINE) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(part);
        }
        lines.add(line.toString());
        return lines;
    }

    private void legend() {
        y += 24;
        double x = MARGIN;
        svg.text(x, y, "soft", "a thread of the process was");
        x += 27 * CHARACTER + 14;
        for (Pause.Cause cause : Pause.Cause.values()) {
            svg.field(x, y - 10, 12, BAR, style(cause));
            svg.text(x + 18, y, "soft", cause.words());
            x += 18 + cause.words().length() * CHARACTER + 24;
        }
    }

    private void process(Timeline timeline, Axis axis) {
        y += 34;
        svg.text(MARGIN, y, "heading", "Process " + timeline.pid() + " (" + timeline.name() + ")");
        svg.text(LEFT, y, "soft", "from the beginning of the operation; the longest pause of a thread: "
                + timeline.longest().map(pause -> Amount.of(pause.to() - pause.from())).orElse("none"));
        y += 8;
        List<Timeline.Step> visible = timeline.steps().stream()
                .filter(step -> axis.at(step.to()) - axis.at(step.from()) >= THINNEST / 2).toList();
        key(visible);
        y += 12;
        double top = y + 18;
        List<List<Timeline.Step>> lanes = lanes(visible);
        List<Row> rows = rows(timeline, timeline.pauses());
        double rowCount = lanes.size() + (double) Math.min(rows.size(), MOST_THREADS)
                + (rows.size() > MOST_THREADS ? 1 : 0);
        scale(axis, top, rowCount * ROW + 6);
        y = top;
        for (int i = 0; i < lanes.size(); i++) {
            if (i == 0) {
                svg.text(LEFT - 10, y + 13, "name heading", "the tool");
            }
            lane(lanes.get(i), axis);
            y += ROW;
        }
        y += 6;
        threads(rows, axis, false);
        stops(timeline).forEach((heading, stop) -> magnified(timeline, heading, stop));
    }

    /** The steps as words, because most bars are too short for them. */
    private void key(List<Timeline.Step> steps) {
        double x = LEFT;
        y += 14;
        for (Timeline.Step step : steps) {
            String label = step.phase().words() + " " + Amount.of(step.to() - step.from());
            double width = 16 + label.length() * CHARACTER + 14;
            if (x + width > WIDTH - MARGIN) {
                x = LEFT;
                y += 17;
            }
            svg.field(x, y - 9, 10, 10, style(step));
            svg.text(x + 15, y, "beside", label);
            x += width;
        }
    }

    private static String style(Timeline.Step step) {
        return step.phase().name().toLowerCase(Locale.ROOT);
    }

    private void scale(Axis axis, double top, double height) {
        svg.field(axis.x(), top - 2, axis.width(), height + 4, "field");
        for (Axis.Tick tick : axis.ticks()) {
            svg.line(tick.x(), top - 2, tick.x(), top + height + 2, "grid");
            svg.text(tick.x(), top - 7, "tick", tick.text());
        }
    }

    /** Steps that lie in others come into the lanes below. */
    private static List<List<Timeline.Step>> lanes(List<Timeline.Step> steps) {
        List<List<Timeline.Step>> lanes = new ArrayList<>();
        for (Timeline.Step step : steps) {
            Optional<List<Timeline.Step>> free = lanes.stream().filter(lane -> lane.getLast().to() <= step.from())
                    .findFirst();
            free.ifPresentOrElse(lane -> lane.add(step), () -> lanes.add(new ArrayList<>(List.of(step))));
        }
        return lanes;
    }

    private void lane(List<Timeline.Step> steps, Axis axis) {
        for (Timeline.Step step : steps) {
            double x = axis.at(step.from());
            double width = axis.at(step.to()) - x;
            String label = step.phase().words() + " " + Amount.of(step.to() - step.from());
            svg.bar(x, y + 2, Math.max(width, THINNEST), ROW - 4, style(step), label);
            if (label.length() * CHARACTER + 8 < width) {
                svg.text(x + 4, y + 13, "inside", label);
            }
        }
    }

    /** The threads that pause in these pauses, those first that pause longest. */
    private static List<Row> rows(Timeline timeline, Collection<Pause> pauses) {
        Map<Integer, Row> rows = new LinkedHashMap<>();
        for (Pause pause : pauses) {
            for (ThreadPause thread : pause.threads()) {
                Row row = rows.computeIfAbsent(thread.tid(), tid -> new Row(tid,
                        timeline.names().getOrDefault(tid, ""), new ArrayList<>(), new ArrayList<>()));
                row.causes.add(pause.cause());
                row.pauses.add(thread);
            }
        }
        return rows.values().stream().sorted(Comparator.comparingLong(Row::sum).reversed().thenComparingInt(Row::tid))
                .toList();
    }

    /** @param exact whether each thread pauses once: then they come in the order of their pauses */
    private void threads(List<Row> rows, Axis axis, boolean exact) {
        List<Row> shown = new ArrayList<>(rows.subList(0, Math.min(rows.size(), MOST_THREADS)));
        if (exact) {
            shown.sort(Comparator.comparingLong(row -> row.pauses.getFirst().from()));
        }
        for (Row row : shown) {
            svg.text(LEFT - 10, y + 13, "name", (row.name.isEmpty() ? "thread" : row.name) + " " + row.tid);
            bars(row, axis);
            svg.text(LEFT + PLOT + 10, y + 13, "soft", exact
                    ? Amount.of(row.sum())
                    : row.pauses.size() == 1
                            ? "1 pause, " + Amount.of(row.sum())
                            : row.pauses.size() + " pauses, longest " + Amount.of(row.longest()));
            y += ROW;
        }
        if (rows.size() > MOST_THREADS) {
            List<Row> rest = rows.subList(MOST_THREADS, rows.size());
            svg.text(LEFT - 10, y + 13, "name soft", Amount.count(rest.size()) + " more threads");
            bars(new Row(0, "", rest.stream().flatMap(row -> row.causes.stream()).toList(),
                    rest.stream().flatMap(row -> row.pauses.stream()).toList()), axis);
            svg.text(LEFT + PLOT + 10, y + 13, "soft",
                    "longest " + Amount.of(rest.stream().mapToLong(Row::longest).max().orElse(0)));
            y += ROW;
        }
    }

    /** Pauses that would lie on each other are drawn as one bar. */
    private void bars(Row row, Axis axis) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < row.pauses.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparing(row.causes::get).thenComparingLong(i -> row.pauses.get(i).from()));
        for (int i = 0; i < order.size();) {
            Pause.Cause cause = row.causes.get(order.get(i));
            long from = row.pauses.get(order.get(i)).from();
            long to = from;
            long longest = 0;
            int count = 0;
            do {
                ThreadPause pause = row.pauses.get(order.get(i));
                to = Math.max(to, pause.to());
                longest = Math.max(longest, pause.to() - pause.from());
                count++;
                i++;
            } while (i < order.size() && row.causes.get(order.get(i)) == cause
                    && axis.at(row.pauses.get(order.get(i)).from()) - axis.at(to) < 0.5);
            double x = axis.at(from);
            svg.bar(x, y + 3, Math.max(axis.at(to) - x, THINNEST), BAR, style(cause),
                    (row.tid == 0 ? "" : "thread " + row.tid + " (" + row.name + "): ") + cause.words() + ", "
                            + (count == 1 ? "" : count + " pauses, longest ") + Amount.of(longest) + ", from "
                            + Amount.of(from - axis.from()) + " to " + Amount.of(to - axis.from()));
        }
    }

    /** The stops that are worth a closer look, by their headings: the one that made the change, or tried to, and the longest. */
    private static Map<String, Pause> stops(Timeline timeline) {
        List<Pause> stops = timeline.pauses().stream().filter(pause -> pause.cause() == Pause.Cause.STOP).toList();
        int commit = -1;
        int longest = -1;
        for (int i = 0; i < stops.size(); i++) {
            Pause stop = stops.get(i);
            if (timeline.steps().stream().anyMatch(step -> step.phase() == Phase.COMMIT && step.from() <= stop.from()
                    && stop.to() <= step.to())) {
                commit = i;
            }
            longest = longest < 0 || stop.duration().compareTo(stops.get(longest).duration()) > 0 ? i : longest;
        }
        Map<String, Pause> shown = new LinkedHashMap<>();
        if (commit >= 0) {
            shown.put("Stop " + (commit + 1) + " of " + stops.size() + (commit == longest ? "" : ", the commit"),
                    stops.get(commit));
        }
        if (longest >= 0 && longest != commit) {
            shown.put("Stop " + (longest + 1) + " of " + stops.size() + ", the longest", stops.get(longest));
        }
        return shown;
    }

    private void magnified(Timeline timeline, String heading, Pause stop) {
        Axis axis = new Axis(stop.from(), stop.to(), LEFT, PLOT);
        y += 30;
        svg.text(MARGIN, y, "heading", heading);
        svg.text(LEFT, y, "soft", Amount.of(stop.to() - stop.from()) + " from the first interrupt to the last release, "
                + Amount.count(stop.threads().size()) + (stop.threads().size() == 1 ? " thread" : " threads"));
        y += 10;
        double top = y + 18;
        List<Row> rows = rows(timeline, List.of(stop));
        scale(axis, top, (Math.min(rows.size(), MOST_THREADS) + (rows.size() > MOST_THREADS ? 1 : 0)) * ROW);
        y = top;
        threads(rows, axis, true);
    }

    private static String style(Pause.Cause cause) {
        return switch (cause) {
            case STOP -> "stop";
            case LOOK -> "look";
            case LOAN -> "loan";
        };
    }
}
