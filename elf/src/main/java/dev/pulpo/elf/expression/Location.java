package dev.pulpo.elf.expression;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Where an object of the program is, or what its value is where it has no place (DWARF 5, 2.6). */
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
     * @param bytes as they would lie in memory
     */
    record Value(ByteBuffer bytes) implements Location {
        public Value {
            bytes = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }

        /** A number in as many bytes as a type has. */
        public static Value of(long bits, BaseType type) {
            byte[] bytes = new byte[(int) type.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (bits >>> (i * Byte.SIZE));
            }
            return new Value(ByteBuffer.wrap(bytes));
        }

        /** The bytes as a number without sign; where there are more than eight, the first eight. */
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
     * @param offset   from the beginning of what is at the location, in bits
     */
    record Piece(Location location, long bits, long offset) {}

    /**
     * The object is a pointer to one that is nowhere any more, though its value may be known.
     *
     * @param entry  the number of the entry of that object
     * @param offset of the place that it points to, in bytes
     */
    record ImplicitPointer(long entry, long offset) implements Location {}

    /** Nowhere: the compiler has done away with it, here or altogether. */
    record OptimisedOut() implements Location {}

    /** It cannot be known where it is, or what its value is. */
    record Unknown(String reason) implements Location {}
}
