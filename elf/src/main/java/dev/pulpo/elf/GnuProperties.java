package dev.pulpo.elf;

import java.util.List;

/**
 * What an object declares about its code ({@code .note.gnu.property}; "Linux Extensions to gABI", "Program Property", and
 * the x86-64 psABI, "Program Property").
 *
 * @param properties all of them, in their order
 */
public record GnuProperties(List<Property> properties) {
    /**
     * One property.
     *
     * @param type its meaning
     * @param bits the first four bytes of its data, which is all that x86 properties have; zero if it has less
     */
    public record Property(int type, int bits) {}

    static final int NOTE_TYPE = 5;
    /** About ten are defined. */
    private static final int MOST = 1 << 10;
    private static final int X86_FEATURE_1_AND = 0xc0000002;
    private static final int IBT = 1;
    private static final int SHSTK = 2;

    public GnuProperties {
        properties = List.copyOf(properties);
    }

    /** Adds the properties in the descriptor of a note; entries are padded to eight bytes. */
    static void read(ByteCursor cursor, List<Property> properties) {
        while (cursor.remaining() >= 8) {
            int type = cursor.i32();
            ByteCursor data = cursor.sub(cursor.u32());
            cursor.align(8);
            properties.add(new Property(type, data.remaining() >= 4 ? data.i32() : 0));
            ReadLimits.check(cursor.source(), cursor.valueOffset(), properties.size(), MOST, "properties");
        }
    }

    /** A note that says that all code supports indirect branch tracking and a shadow stack. */
    public static byte[] protectedCode() {
        return new ByteBuilder().u32(4).u32(16).u32(NOTE_TYPE).string("GNU").u32(X86_FEATURE_1_AND).u32(4)
                .u32(IBT | SHSTK).u32(0).toByteArray();
    }

    /** Whether all code supports indirect branch tracking: indirect calls reach only {@code endbr64}. */
    public boolean indirectBranchTracking() {
        return (features() & IBT) != 0;
    }

    /** Whether all code supports a shadow stack. */
    public boolean shadowStack() {
        return (features() & SHSTK) != 0;
    }

    private int features() {
        return properties.stream().filter(property -> property.type() == X86_FEATURE_1_AND).findFirst()
                .map(Property::bits).orElse(0);
    }
}
