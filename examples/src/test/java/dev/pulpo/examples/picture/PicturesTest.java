package dev.pulpo.examples.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Pause;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.StackProfile;
import dev.pulpo.engine.ThreadPause;
import dev.pulpo.engine.Timeline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures of values, whatever the names in them are. */
class PicturesTest {
    private static final String HOSTILE = "</title></script><script>alert(1)</script>\"'&;\u001b\n\u202e";
    private static final String SHOWN = "</title></script><script>alert(1)</script>\"'&;\\x1b\\x0a\\u{202e}";

    private static final String TEXT = "(?:[^<>&\"]|&(?:amp|lt|gt|quot|#39);)*+";
    /** An SVG document of nothing but what {@link Svg} writes, with its style sheet left out. */
    private static final Pattern DRAWING = Pattern.compile("<\\?xml version=\"1.0\" encoding=\"UTF-8\"\\?>\n(?:"
            + "</?(?:svg|title|text|rect|line)(?: [a-zA-Z0-9:]+=\"" + TEXT + "\")*+/?>|" + TEXT + ")*+");

    private static void assertDrawing(String svg) {
        assertThat(svg.replaceFirst("(?s)<style>[^<>&]*</style>", "")).matches(DRAWING);
    }

    private static long micros(long number) {
        return number * 1000;
    }

    private static Timeline timeline(String name, int threads) {
        List<ThreadPause> stopped = IntStream.range(0, threads)
                .mapToObj(i -> new ThreadPause(1000 + i, micros(900) + i, micros(1200) + 2L * i)).toList();
        return new Timeline(1000, name,
                List.of(new Timeline.Step(Phase.COMMIT, micros(800), micros(1500)),
                        new Timeline.Step(Phase.PLAN, 0, micros(500))),
                List.of(new Pause(Pause.Cause.LOAN, List.of(new ThreadPause(1003, micros(600), micros(650)))),
                        new Pause(Pause.Cause.STOP, stopped)),
                Map.of(1003, HOSTILE));
    }

    @Test
    void namesAreTextInATimeLine() {
        String svg = TimelinePicture.of("apply " + HOSTILE, List.of(HOSTILE), List.of(timeline(HOSTILE, 5)));
        assertDrawing(svg);
        assertThat(svg).contains(Markup.escaped(HOSTILE)).doesNotContain("<script", "\u001b", "\u202e");
        assertThat(Markup.escaped(HOSTILE)).isEqualTo(SHOWN.replace("&", "&amp;").replace("<", "&lt;")
                .replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;"));
    }

    @Test
    void timeLineTellsTimesAndUnits() {
        String svg = TimelinePicture.of("apply", List.of(), List.of(timeline("server", 5)));
        assertThat(svg).contains(">0 µs<", ">200 µs<", ">1400 µs<", "plan 500 µs", "commit 700 µs", ">Stop 1 of 1<",
                "5 threads", "2 pauses, longest 300 µs",
                "the longest pause of a thread: 300 µs", "borrowed, 50.0 µs, from 600 µs to 650 µs");
        assertThat(svg.split("<title>thread 1003 ", -1)).as("a loan, the stop, and the stop once more").hasSize(4);
    }

    @Test
    void manyThreadsAreFolded() {
        Timeline many = timeline("server", 5020);
        String svg = TimelinePicture.of("apply", List.of(), List.of(many));
        assertDrawing(svg);
        assertThat(svg).contains(">5 000 more threads<", Amount.count(5020) + " threads");
        // The longest pauses come first: those of the threads that were released last.
        assertThat(svg).contains(">thread 6019<").doesNotContain(">thread 1005<");
        assertThat(svg.length()).isLessThan(100_000);
    }

    @Test
    void manyProcessesAreFolded() {
        List<Timeline> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(timeline("server", 2));
        }
        assertThat(TimelinePicture.of("trigger", List.of(), all)).contains("more processes, in which no thread paused");
    }

    @Test
    void emptyTimeLineIsAPicture() {
        assertDrawing(TimelinePicture.of("apply", List.of("refused"), List.of()));
        assertDrawing(TimelinePicture.of("apply", List.of("refused"),
                List.of(new Timeline(1, "?", List.of(), List.of(), Map.of()))));
    }

    @Test
    void ticksAreRound() {
        assertThat(new Axis(5, 5 + micros(237), 0, 100).ticks().stream().map(Axis.Tick::text)).containsExactly("0 µs",
                "50 µs", "100 µs", "150 µs", "200 µs");
        assertThat(new Axis(0, 3_100_000_000L, 0, 100).ticks().stream().map(Axis.Tick::text)).first().isEqualTo("0 ms");
        assertThat(new Axis(0, 90_000_000L, 0, 100).ticks().stream().map(Axis.Tick::text)).contains("10 ms", "90 ms");
        assertThat(new Axis(7, 7, 0, 100).ticks()).isNotEmpty();
    }

    @Test
    void timesHaveThreeDigits() {
        assertThat(List.of(1L, 999L, 1_230L, 99_950L, 243_400L, 999_600L, 5_650_000L, 61_000_000_000L).stream()
                .map(Amount::of)).containsExactly("0.00 µs", "1.00 µs", "1.23 µs", "100 µs", "243 µs", "1.00 ms",
                        "5.65 ms", "61.0 s");
    }

    private static StackProfile.Frame frame(String function, boolean inlined) {
        return new StackProfile.Frame(function, "server", inlined);
    }

    private static StackProfile profile(String name) {
        return new StackProfile(7, name, 4, Duration.ofMillis(10), 0, Duration.ofMillis(31), List.of(
                new StackProfile.Stack("worker", false, List.of(frame("main", false), frame(name, false)), 4),
                new StackProfile.Stack("worker", true, List.of(frame("main", false), frame(name, false)), 2),
                new StackProfile.Stack(name, true, List.of(frame("main", false), frame("", false),
                        frame("small", true)), 1)),
                0, List.of(new StackProfile.Cost(8, name, 4, Duration.ofNanos(80_000), Duration.ofNanos(200_000))));
    }

    @Test
    void foldedStacksAreLines() {
        assertThat(FoldedStacks.of(profile("f(int)"))).containsExactly("f(int);main;[server];small_[i] 1",
                "worker;main;f(int) 6");
        String safe = SHOWN.replace(';', ':');
        assertThat(FoldedStacks.of(profile(HOSTILE))).containsExactly(safe + ";main;[server];small_[i] 1",
                "worker;main;" + safe + " 6");
    }

    @Test
    void namesAreTextInAPage() {
        String page = FlamePage.of(profile(HOSTILE));
        assertThat(page).doesNotContain("alert(1)</script>", "<script>alert", "\u001b", "\u202e");
        assertThat(page.split("(?i)<script", -1)).as("the data and the script").hasSize(3);
        assertThat(page.split("(?i)</script", -1)).hasSize(3);
        assertThat(page.split("(?i)</title", -1)).hasSize(2);
        assertThat(page).contains("\\u003c/title\\u003e", "running threads: 3 stacks", "waiting threads: 4 stacks",
                "<td>80.0 µs</td><td>200 µs</td>");
    }

    /** A policy of its own forbids all that comes from elsewhere. */
    @Test
    void pageNeedsNothingElse() {
        assertThat(FlamePage.of(profile("f")))
                .contains("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
                .doesNotContainPattern("(src|href)=|url\\(|@import|https?://(?!www[.]w3[.]org/2000/svg)");
        assertThat(TimelinePicture.of("apply", List.of(), List.of(timeline("server", 3))))
                .doesNotContainPattern("(src|href)=|url\\(|@import|https?://(?!www[.]w3[.]org/2000/svg)");
    }

    @Test
    void endlessNamesAreCut() {
        assertThat(Markup.shown("x".repeat(100_000))).hasSizeLessThan(400).endsWith("…");
        assertThat(Markup.shown("\ud83d\ude00".repeat(300))).isEqualTo("\ud83d\ude00".repeat(300));
    }
}
