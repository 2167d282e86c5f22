package dev.pulpo.examples.picture;

import java.util.Locale;

/** A picture in SVG that is written from its top to its bottom. Every text is escaped here. */
final class Svg {
    private final StringBuilder body = new StringBuilder(1 << 16);

    /** A text. {@code style} is a class of the style sheet. */
    void text(double x, double y, String style, String text) {
        body.append("<text x=\"").append(number(x)).append("\" y=\"").append(number(y)).append("\" class=\"")
                .append(style).append("\">").append(Markup.escaped(text)).append("</text>\n");
    }

    /** A rectangle that tells more to a mouse. */
    void bar(double x, double y, double width, double height, String style, String more) {
        body.append("<rect x=\"").append(number(x)).append("\" y=\"").append(number(y)).append("\" width=\"")
                .append(number(width)).append("\" height=\"").append(number(height)).append("\" class=\"").append(style)
                .append("\"><title>").append(Markup.escaped(more)).append("</title></rect>\n");
    }

    /** A rectangle behind others. */
    void field(double x, double y, double width, double height, String style) {
        body.append("<rect x=\"").append(number(x)).append("\" y=\"").append(number(y)).append("\" width=\"")
                .append(number(width)).append("\" height=\"").append(number(height)).append("\" class=\"").append(style)
                .append("\"/>\n");
    }

    void line(double x, double y, double toX, double toY, String style) {
        body.append("<line x1=\"").append(number(x)).append("\" y1=\"").append(number(y)).append("\" x2=\"")
                .append(number(toX)).append("\" y2=\"").append(number(toY)).append("\" class=\"").append(style)
                .append("\"/>\n");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value).replaceFirst("\\.?0+$", "");
    }

    /**
     * The whole document.
     *
     * @param title of it, for programs that read it aloud
     * @param style a style sheet
     */
    String document(double width, double height, String title, String style) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + element(width, height, title,
                "<style>" + style + "</style>\n");
    }

    /** The picture as a part of a page, which has the style sheet. */
    String element(double width, double height, String title) {
        return element(width, height, title, "");
    }

    private String element(double width, double height, String title, String style) {
        String size = number(width) + "\" height=\"" + number(height);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " + number(width) + " "
                + number(height) + "\" role=\"img\">\n<title>" + Markup.escaped(title) + "</title>\n" + style
                + "<rect width=\"" + size + "\" class=\"page\"/>\n" + body + "</svg>\n";
    }
}
