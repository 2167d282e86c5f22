package dev.pulpo.examples.picture;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.pulpo.engine.StackProfile;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A page with the flame graph of a profile. It needs nothing but itself, and its policy lets no script run but its own: names in
 * it come from the process, and may be hostile.
 */
public final class FlamePage {
    private static final int MOST_ROWS = 500;

    private final StackProfile profile;
    private final Map<String, Integer> texts = new LinkedHashMap<>();
    private final Map<StackProfile.Frame, Integer> frames = new LinkedHashMap<>();

    private FlamePage(StackProfile profile) {
        this.profile = profile;
    }

    /** The page as the text of a file. */
    public static String of(StackProfile profile) {
        return new FlamePage(profile).page();
    }

    private String page() {
        String style = resource("flame.css");
        String script = resource("flame.js");
        String title = "process " + profile.pid() + " (" + profile.name() + ")";
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '%s'">
                <title>Stacks of %s</title>
                <style>
                %s</style>
                </head>
                <body>
                <h1>Stacks of %s</h1>
                <p>%s</p>
                <form>
                <input type="search" id="search" placeholder="search for functions and threads" aria-label="search">
                <span id="found"></span>
                <label><input type="checkbox" id="running" checked>running threads: %s stacks</label>
                <label><input type="checkbox" id="waiting" checked>waiting threads: %s stacks</label>
                <button type="button" id="reset" disabled>show all (Esc)</button>
                </form>
                <ul id="key"></ul>
                <svg id="flame" xmlns="http://www.w3.org/2000/svg"></svg>
                <p id="nothing" hidden>No stack is of a thread in these states.</p>
                <noscript><p>This page draws its picture with JavaScript.</p></noscript>
                <details>
                <summary>What the samples have cost: the pauses of each thread</summary>
                %s</details>
                <div id="about"></div>
                <script type="application/json" id="profile">%s</script>
                <script>%s</script>
                </body>
                </html>
                """
                .formatted(hash(script), Markup.escaped(title), style, Markup.escaped(title),
                        Markup.escaped(profile.toString()), Amount.count(count(true)), Amount.count(count(false)),
                        costs(),
                        data(), script);
    }

    private long count(boolean running) {
        return profile.stacks().stream().filter(stack -> stack.running() == running)
                .mapToLong(StackProfile.Stack::count).sum();
    }

    private String costs() {
        StringBuilder table = new StringBuilder(
                "<table>\n<tr><th>thread</th><th>stops</th><th>longest pause</th><th>all pauses</th></tr>\n");
        List<StackProfile.Cost> all = profile.cost();
        for (StackProfile.Cost cost : all.subList(0, Math.min(all.size(), MOST_ROWS))) {
            table.append("<tr><td>").append(Markup.escaped(cost.name())).append(' ').append(cost.tid())
                    .append("</td><td>").append(cost.stops()).append("</td><td>")
                    .append(Amount.of(cost.longest().toNanos())).append("</td><td>")
                    .append(Amount.of(cost.total().toNanos())).append("</td></tr>\n");
        }
        table.append("</table>\n");
        if (all.size() > MOST_ROWS) {
            table.append("<p>").append(all.size() - MOST_ROWS).append(" more threads, each stopped for at most ")
                    .append(Amount.of(all.get(MOST_ROWS).total().toNanos())).append("</p>\n");
        }
        return table.toString();
    }

    /** The profile for the script: texts and frames, and stacks that name them by their numbers. */
    private String data() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("stacks");
            for (StackProfile.Stack stack : profile.stacks()) {
                json.writeStartArray();
                json.writeNumber(number(stack.thread()));
                json.writeBoolean(stack.running());
                json.writeNumber(stack.count());
                json.writeStartArray();
                for (StackProfile.Frame frame : stack.frames()) {
                    json.writeNumber(frames.computeIfAbsent(frame, unknown -> frames.size()));
                }
                json.writeEndArray();
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("frames");
            for (StackProfile.Frame frame : frames.keySet()) {
                json.writeStartArray();
                json.writeNumber(number(frame.words()));
                json.writeNumber(number(frame.object()));
                json.writeBoolean(frame.inlined());
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("texts");
            for (String known : texts.keySet()) {
                json.writeString(known);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        // In JSON these occur in strings alone. In HTML they could end the element.
        return text.toString().replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e");
    }

    private int number(String text) {
        return texts.computeIfAbsent(Markup.shown(text), unknown -> texts.size());
    }

    /** By which the policy knows the script. */
    private static String hash(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new LinkageError("every Java platform has SHA-256", e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(FlamePage.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
