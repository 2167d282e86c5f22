package dev.pulpo.examples.picture;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** A page with tables and pictures, written from its top to its bottom. It needs nothing but itself, and runs no script. */
public final class MeasurementPage {
    private final StringBuilder body = new StringBuilder(1 << 16);

    /** An empty page. */
    public MeasurementPage() {}

    /**
     * A cell of a table.
     *
     * @param text   what it says
     * @param detail more, in small letters; may be empty
     * @param marked whether it is to be noticed
     * @param width  of how many columns it takes the place
     */
    public record Cell(String text, String detail, boolean marked, int width) {
        /** A cell with nothing but a text. */
        public static Cell of(String text) {
            return new Cell(text, "", false, 1);
        }

        private String html() {
            return "<td" + (marked ? " class=\"marked\"" : "") + (width == 1 ? "" : " colspan=\"" + width + "\"") + ">"
                    + Markup.own(text) + (detail.isEmpty() ? "" : "<small>" + Markup.own(detail) + "</small>")
                    + "</td>";
        }
    }

    /** A heading. */
    public MeasurementPage heading(String text) {
        body.append("<h2>").append(Markup.own(text)).append("</h2>\n");
        return this;
    }

    /** A paragraph. */
    public MeasurementPage words(String text) {
        body.append("<p>").append(Markup.own(text)).append("</p>\n");
        return this;
    }

    /** A list of sentences. */
    public MeasurementPage list(List<String> sentences) {
        body.append(sentences.stream().map(sentence -> "<li>" + Markup.own(sentence) + "</li>\n")
                .collect(Collectors.joining("", "<ul>\n", "</ul>\n")));
        return this;
    }

    /** A table. */
    public MeasurementPage table(List<String> columns, List<List<Cell>> rows) {
        body.append(columns.stream().map(column -> "<th>" + Markup.own(column) + "</th>")
                .collect(Collectors.joining("", "<table>\n<tr>", "</tr>\n")));
        for (List<Cell> row : rows) {
            body.append(row.stream().map(Cell::html).collect(Collectors.joining("", "<tr>", "</tr>\n")));
        }
        body.append("</table>\n");
        return this;
    }

    /** A picture of {@link CurvePicture} or {@link BarPicture}. */
    public MeasurementPage picture(String svg) {
        body.append("<figure>").append(svg).append("</figure>\n");
        return this;
    }

    /** The page as the text of a file. */
    public String document(String title) {
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
                <title>%s</title>
                <style>
                %s</style>
                </head>
                <body>
                <h1>%s</h1>
                %s</body>
                </html>
                """.formatted(Markup.own(title), style(), Markup.own(title), body);
    }

    private static String style() {
        try (InputStream in = Objects.requireNonNull(MeasurementPage.class.getResourceAsStream("measurement.css"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
