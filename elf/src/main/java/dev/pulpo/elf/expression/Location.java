package dev.pulpo.elf.expression;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Where an object of the program is, or its value if it has no place (DWARF 5, 2.6). */
public sealed interface Location {
    /** In memory, at an address of the process. */
    record Memory(long address) implements Location {}

    /**
     * In a register.
     *
     * @param number its DWARF number
     */
    record Register(int number) implements Location {
        @Override
        public String toString() {
            return DwarfRegisters.name(number);
        }
    }

    /**
     * Nowhere, but its value is known.
     *
     * @param bytes the bytes as in memory
     */
    record Value(ByteBuffer bytes) implements Location {
        public Value {
            bytes = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }

        /** A number with the size of a type. */
        public static Value of(long bits, BaseType type) {
            byte[] bytes = new byte[(int) type.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (bits >>> (i * Byte.SIZE));
            }
            return new Value(ByteBuffer.wrap(bytes));
        }

        /** The first eight bytes as an unsigned number. */
        public long number() {
            long number = 0;
            for (int i = Math.min(Long.BYTES, bytes.limit()) - 1; i >= 0; i--) {
                number = number << Byte.SIZE | (bytes.get(i) & 0xff);
            }
            return number;
        }
    }

    /** In parts, the first one lowest. */
    record Pieces(List<Piece> pieces) implements Location {
        public Pieces {
            pieces = List.copyOf(pieces);
        }
    }

    /**
     * A part of an object.
     *
     * @param location where it is
     * @param bits     how much of the object it is
     * @param offset   where the part begins at the location, in bits
     */
    record Piece(Location location, long bits, long offset) {}

    /**
     * A pointer to an object that has no place any more, although its value may be known.
     *
     * @param entry  the number of the entry of that object
     * @param offset of the place that it points to, in bytes
     */
    record ImplicitPointer(long entry, long offset) implements Location {}

    /** Nowhere: the compiler has removed it, here or everywhere. */
    record OptimisedOut() implements Location {}

    /** Its place or its value cannot be determined. */
    record Unknown(String reason) implements Location {}
}
