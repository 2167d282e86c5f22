package dev.pulpo.elf.mangled;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A type as text. What it is the type of goes between left and right, and so do the stars of pointers to it.
 *
 * @param kind  what it is, where that says how others are made of it
 * @param parts of a pack: its elements; otherwise none
 */
record TypeText(String left, String right, Kind kind, List<TypeText> parts) {
    enum Kind {
        PLAIN, FUNCTION, ARRAY, REFERENCE, RIGHT_REFERENCE,
        /** A parameter pack (each element stands for itself where something is made of it). */
        PACK,
        /** A pack in a list. */
        EXPANDED
    }

    static TypeText plain(String text) {
        return new TypeText(text, "", Kind.PLAIN, List.of());
    }

    static TypeText pack(List<TypeText> parts) {
        return new TypeText("", "", Kind.PACK, List.copyOf(parts));
    }

    TypeText expanded() {
        return kind == Kind.PACK ? new TypeText("", "", Kind.EXPANDED, parts) : this;
    }

    private TypeText each(UnaryOperator<TypeText> change) {
        return new TypeText("", "", kind, parts.stream().map(change).toList());
    }

    private boolean isPack() {
        return kind == Kind.PACK || kind == Kind.EXPANDED;
    }

    String text() {
        return isPack() ? list(parts) : left + right;
    }

    /** Types with commas between them, packs by their elements. */
    static String list(List<TypeText> types) {
        List<String> texts = new ArrayList<>();
        for (TypeText type : types) {
            String text = type.text();
            if (!type.isPack() || !text.isEmpty()) {
                texts.add(text);
            }
        }
        return String.join(", ", texts);
    }

    /** A pointer to it, or to a member with such a type. */
    TypeText pointer(String star) {
        if (isPack()) {
            return each(part -> part.pointer(star));
        }
        return switch (kind) {
            case FUNCTION -> new TypeText(left + "(" + star, ")" + right, Kind.PLAIN, List.of());
            case ARRAY -> new TypeText(left + "(" + star, ") " + right, Kind.PLAIN, List.of());
            default -> new TypeText(left + (star.endsWith("::*") ? " " : "") + star, right, Kind.PLAIN, List.of());
        };
    }

    /** A reference to it; one to a reference is that (C++, [dcl.ref]). */
    TypeText reference(boolean right) {
        if (isPack()) {
            return each(part -> part.reference(right));
        }
        if (kind == Kind.REFERENCE || kind == Kind.RIGHT_REFERENCE && right) {
            return this;
        }
        if (kind == Kind.RIGHT_REFERENCE) {
            return new TypeText(left.substring(0, left.length() - 1), this.right, Kind.REFERENCE, List.of());
        }
        TypeText made = pointer(right ? "&&" : "&");
        return new TypeText(made.left, made.right, right ? Kind.RIGHT_REFERENCE : Kind.REFERENCE, List.of());
    }

    TypeText qualified(String words) {
        if (isPack()) {
            return each(part -> part.qualified(words));
        }
        return switch (kind) {
            case FUNCTION -> new TypeText(left, right + words, kind, List.of());
            case ARRAY -> new TypeText(left.stripTrailing() + words + " ", right, kind, List.of());
            default -> left.endsWith(words) && !words.isEmpty()
                    ? this
                    : new TypeText(left + words, right, kind, List.of());
        };
    }

    TypeText array(String size) {
        if (isPack()) {
            return each(part -> part.array(size));
        }
        return new TypeText(left + (kind == Kind.ARRAY ? "" : " "), "[" + size + "]" + right, Kind.ARRAY, List.of());
    }
}
