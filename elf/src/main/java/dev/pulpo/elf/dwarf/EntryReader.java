package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads the entries of a unit in their order (DWARF 5, 2.3, 7.5). An entry is not an object: the reader represents its
 * current entry, and reuses the arrays of attributes for the next one. Not thread-safe.
 */
final class EntryReader {
    /** Compilers nest a few dozen; each level takes memory. */
    private static final int DEEPEST = 1 << 20;

    private final Unit unit;
    private final Work work;
    private final ByteCursor cursor;
    private final Abbreviations abbreviations;
    private Abbreviations.Shape shape = Abbreviations.Shape.NONE;
    private int[] forms = new int[16];
    private long[] values = new long[16];
    private long[] starts = new long[16];
    private long offset;
    private int depth;
    private int nextDepth;

    EntryReader(Unit unit, Work work) {
        this.unit = unit;
        this.work = work;
        this.cursor = unit.space().cursor().slice(0, unit.header().end()).position(unit.header().firstEntry());
        this.abbreviations = unit.sections().abbreviations(unit.header().abbreviation());
    }

    /** Goes to the entry at an offset in the section; its depth becomes 0. */
    EntryReader at(long place) {
        cursor.position(place);
        nextDepth = 0;
        if (!next() || offset != place) {
            throw cursor.malformed("an entry at 0x" + Long.toHexString(place), "none");
        }
        return this;
    }

    /** Goes to the next entry; false at the end of the unit. */
    boolean next() {
        while (cursor.hasRemaining()) {
            long place = cursor.position();
            long code = cursor.uleb128();
            if (code == 0) {
                nextDepth--;
                continue;
            }
            offset = place;
            shape = abbreviations.shape(code, cursor);
            depth = nextDepth;
            nextDepth += shape.hasChildren ? 1 : 0;
            if (depth > DEEPEST) {
                throw cursor.malformed("at most " + DEEPEST + " entries within each other", "more");
            }
            work.spend(1 + shape.forms.length / 8);
            readAttributes();
            return true;
        }
        return false;
    }

    /** Goes to the next entry; false if it is outside the entry that {@link #at} went to. */
    boolean hasNextBelow() {
        return next() && depth > 0;
    }

    private void readAttributes() {
        int count = shape.forms.length;
        if (count > forms.length) {
            forms = new int[count];
            values = new long[count];
            starts = new long[count];
        }
        for (int i = 0; i < count; i++) {
            int form = shape.forms[i];
            while (form == Dw.FORM_INDIRECT) {
                form = (int) cursor.uleb128();
            }
            forms[i] = form;
            starts[i] = cursor.position();
            values[i] = form == Dw.FORM_IMPLICIT_CONST ? shape.constants[i] : Forms.read(cursor, form, unit.header());
            if (Forms.isBlock(form)) {
                starts[i] = cursor.position() - values[i];
            }
        }
    }

    Unit unit() {
        return unit;
    }

    /** The budget for reading. */
    Work work() {
        return work;
    }

    /** A reader at another entry, for the same query. */
    EntryReader other(long reference) {
        return unit.space().world().entry(reference, work);
    }

    int tag() {
        return shape.tag;
    }

    boolean hasChildren() {
        return shape.hasChildren;
    }

    /** How many entries enclose this one. */
    int depth() {
        return depth;
    }

    /** The number of the entry within all files. */
    long reference() {
        return unit.space().reference(offset);
    }

    private int find(int name) {
        int[] names = shape.names;
        for (int i = 0; i < names.length; i++) {
            if (names[i] == name) {
                return i;
            }
        }
        return -1;
    }

    boolean has(int name) {
        return find(name) >= 0;
    }

    boolean flag(int name) {
        int index = find(name);
        return index >= 0 && values[index] != 0;
    }

    /** Whether the attribute is a block of bytes, such as an expression. */
    boolean isBlock(int name) {
        int index = find(name);
        return index >= 0 && Forms.isBlock(forms[index]);
    }

    /** A number or an offset. */
    OptionalLong constant(int name) {
        int index = find(name);
        return index < 0 || Forms.isBlock(forms[index]) ? OptionalLong.empty() : OptionalLong.of(values[index]);
    }

    long constant(int name, long otherwise) {
        return constant(name).orElse(otherwise);
    }

    /** The form of an attribute; 0 if the entry does not have it. */
    int form(int name) {
        int index = find(name);
        return index < 0 ? 0 : forms[index];
    }

    OptionalLong address(int name) {
        int index = find(name);
        if (index < 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Forms.isIndexedAddress(forms[index])
                ? unit.indexedAddress(values[index])
                : values[index]);
    }

    /** The bytes of a block. */
    Optional<ByteCursor> block(int name) {
        int index = find(name);
        return index < 0 || !Forms.isBlock(forms[index])
                ? Optional.empty()
                : Optional.of(cursor.slice(starts[index], values[index]));
    }

    Optional<String> string(int name) {
        int index = find(name);
        return index < 0
                ? Optional.empty()
                : Forms.string(unit, cursor, forms[index], values[index]).map(work::text);
    }

    /** The entry that an attribute refers to; empty without the attribute, or if the entry is in a missing file. */
    OptionalLong reference(int name) {
        int index = find(name);
        return index < 0 ? OptionalLong.empty() : Forms.reference(unit, cursor, forms[index], values[index]);
    }
}
