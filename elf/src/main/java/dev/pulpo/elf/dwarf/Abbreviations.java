package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ReadLimits;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The shapes that entries of a unit have ({@code .debug_abbrev}; DWARF 5, 7.5.3), by code. Immutable. */
final class Abbreviations {
    private static final int MOST_ATTRIBUTES = 512;
    /** The cost of an abbreviation besides its attributes, in attributes. */
    private static final int WEIGHT = 8;

    /** A shape: a tag, and attributes with their forms; constants belong to {@code DW_FORM_implicit_const}. */
    static final class Shape {
        /** The shape before the first entry is read. */
        static final Shape NONE = new Shape(0, false, new int[0], new int[0], new long[0]);

        final int tag;
        final boolean hasChildren;
        final int[] names;
        final int[] forms;
        final long[] constants;

        private Shape(int tag, boolean hasChildren, int[] names, int[] forms, long[] constants) {
            this.tag = tag;
            this.hasChildren = hasChildren;
            this.names = names;
            this.forms = forms;
            this.constants = constants;
        }
    }

    /** The shapes whose codes are not among the first numbers. */
    private final Map<Long, Shape> shapes;
    private final @Nullable Shape[] dense;

    private Abbreviations(Map<Long, Shape> all) {
        // Compilers number them from 1.
        dense = new Shape[all.size() + 1];
        shapes = new HashMap<>();
        all.forEach((code, shape) -> {
            if (code > 0 && code < dense.length) {
                dense[code.intValue()] = shape;
            } else {
                shapes.put(code, shape);
            }
        });
    }

    /** The shape with a code, which the cursor has just read. */
    Shape shape(long code, ByteCursor cursor) {
        Shape shape = code > 0 && code < dense.length ? dense[(int) code] : shapes.get(code);
        if (shape == null) {
            throw cursor.malformed("the code of an abbreviation", Long.toUnsignedString(code));
        }
        return shape;
    }

    /**
     * Reads a table.
     *
     * @param kept how much of the file is kept already: each unit may have a table, and tables may overlap
     * @param most how much may be kept
     */
    static Abbreviations read(ByteCursor cursor, AtomicLong kept, long most) {
        Map<Long, Shape> shapes = new HashMap<>();
        for (long code = cursor.uleb128(); code != 0; code = cursor.uleb128()) {
            int tag = (int) cursor.uleb128();
            boolean hasChildren = cursor.u8() != 0;
            int[] names = new int[8];
            int[] forms = new int[8];
            long[] constants = new long[8];
            int count = 0;
            while (true) {
                int name = (int) cursor.uleb128();
                int form = (int) cursor.uleb128();
                long constant = form == Dw.FORM_IMPLICIT_CONST ? cursor.sleb128() : 0;
                if (name == 0 && form == 0) {
                    break;
                }
                if (count == MOST_ATTRIBUTES) {
                    throw cursor.malformed("at most " + MOST_ATTRIBUTES + " attributes", "one more");
                }
                if (count == names.length) {
                    names = Arrays.copyOf(names, count * 2);
                    forms = Arrays.copyOf(forms, count * 2);
                    constants = Arrays.copyOf(constants, count * 2);
                }
                names[count] = name;
                forms[count] = form;
                constants[count++] = constant;
            }
            ReadLimits.check(cursor.source(), cursor.valueOffset(), kept.addAndGet(WEIGHT + count), most,
                    "attributes of abbreviations");
            shapes.putIfAbsent(code, new Shape(tag, hasChildren, Arrays.copyOf(names, count),
                    Arrays.copyOf(forms, count), Arrays.copyOf(constants, count)));
        }
        return new Abbreviations(shapes);
    }
}
