package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.DataObject;
import dev.pulpo.elf.dwarf.NoDataException;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path to an object, as in C: {@code server.clients[0]->name}, {@code *head}, {@code (*table)[3]}. A variable may have
 * the name of its source file, its object or its function and a colon before it: {@code net.c:listeners}.
 */
final class DataPath {
    /** Each level is a call. */
    private static final int LONGEST = 4096;
    private static final Pattern VARIABLE = Pattern
            .compile("(?:([\\w./+@~-]+):(?!:))?((?:[A-Za-z_$][\\w$]*::)*[A-Za-z_$][\\w$]*)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_$][\\w$]*");
    private static final Pattern NUMBER = Pattern.compile("-?(?:0[xX][0-9a-fA-F]{1,15}|[0-9]{1,18})");

    private final String text;
    private final Finder variables;
    private int position;

    /** Finds a variable by the place that it is in, which may be empty, and its name. */
    @FunctionalInterface
    interface Finder {
        DataObject find(String in, String name);
    }

    DataPath(String text, Finder variables) {
        this.text = text;
        this.variables = variables;
        if (text.length() > LONGEST) {
            throw new NoDataException("an expression has at most " + LONGEST + " characters");
        }
    }

    /** @throws NoDataException where it means nothing */
    DataObject evaluate() {
        DataObject object = unary();
        skipBlanks();
        if (position < text.length()) {
            throw malformed("'.', '->' or '['");
        }
        return object;
    }

    private DataObject unary() {
        skipBlanks();
        if (accept("*")) {
            DataObject pointer = unary();
            return step(pointer, position, DataObject::deref);
        }
        return postfix();
    }

    private DataObject postfix() {
        DataObject object;
        if (accept("(")) {
            object = unary();
            expect(")");
        } else {
            Matcher variable = match(VARIABLE, "the name of a variable");
            object = variables.find(variable.group(1) == null ? "" : variable.group(1), variable.group(2));
        }
        while (true) {
            skipBlanks();
            int from = position;
            if (accept("->")) {
                String member = member();
                object = step(object, from, pointer -> pointer.deref().field(member));
            } else if (accept(".")) {
                String member = member();
                object = step(object, from, value -> value.field(member));
            } else if (accept("[")) {
                skipBlanks();
                long index = Long.decode(match(NUMBER, "a number").group());
                expect("]");
                object = step(object, from, value -> value.index(index));
            } else {
                return object;
            }
        }
    }

    private String member() {
        skipBlanks();
        return match(NAME, "the name of a member").group();
    }

    /** A step, whose failure tells at which part of the path it is. */
    private DataObject step(DataObject from, int end, UnaryOperator<DataObject> step) {
        try {
            return step.apply(from);
        } catch (NoDataException failed) {
            String part = text.substring(0, end).strip();
            throw part.isEmpty() ? failed : new NoDataException(part + ": " + failed.reason());
        }
    }

    private void skipBlanks() {
        while (position < text.length() && text.charAt(position) == ' ') {
            position++;
        }
    }

    private boolean accept(String token) {
        boolean found = text.startsWith(token, position);
        position += found ? token.length() : 0;
        return found;
    }

    private void expect(String token) {
        skipBlanks();
        if (!accept(token)) {
            throw malformed("'" + token + "'");
        }
    }

    private Matcher match(Pattern pattern, String what) {
        Matcher matcher = pattern.matcher(text).region(position, text.length());
        if (!matcher.lookingAt()) {
            throw malformed(what);
        }
        position = matcher.end();
        return matcher;
    }

    private NoDataException malformed(String expected) {
        return new NoDataException("after '" + text.substring(0, position) + "' " + expected + " is expected, and "
                + (position == text.length() ? "nothing follows" : "'" + text.substring(position) + "' follows"));
    }
}
