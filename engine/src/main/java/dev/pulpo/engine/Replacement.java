package dev.pulpo.engine;

/**
 * One function for another.
 *
 * @param function    name in the target
 * @param replacement name in the patch
 */
public record Replacement(String function, String replacement) {
    /** Parses {@code old=new}. */
    public static Replacement parse(String text) {
        int equals = text.indexOf('=');
        if (equals <= 0 || equals == text.length() - 1) {
            throw new IllegalArgumentException("'" + text + "' is not of the form old=new");
        }
        return new Replacement(text.substring(0, equals), text.substring(equals + 1));
    }

    @Override
    public String toString() {
        return function + "=" + replacement;
    }
}
