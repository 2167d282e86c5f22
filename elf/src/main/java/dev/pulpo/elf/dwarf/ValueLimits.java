package dev.pulpo.elf.dwarf;

/**
 * How much of a value is read.
 *
 * @param elements of one array or text
 * @param values   elements and members in all
 */
public record ValueLimits(int elements, int values) {
    /** Enough for people, and for arrays of a few structures. */
    public static final ValueLimits DEFAULT = new ValueLimits(200, 10_000);
    /** The most elements that can be asked for. */
    public static final int MOST_ELEMENTS = 100_000;

    /** As the default, with other numbers of elements. */
    public static ValueLimits ofElements(int elements) {
        if (elements < 1 || elements > MOST_ELEMENTS) {
            throw new IllegalArgumentException("from 1 to " + MOST_ELEMENTS + " elements can be read, not " + elements);
        }
        return new ValueLimits(elements, Math.max(DEFAULT.values, 2 * elements));
    }
}
