package dev.pulpo.elf.expression;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an object, some of which may be unknown. They are read from a {@link Location} on demand, so that a large
 * array need not be read as a whole.
 */
public final class Content {
    /** The largest offset whose count of bits fits into a long. */
    private static final long FARTHEST = Long.MAX_VALUE / Byte.SIZE - Integer.MAX_VALUE;

    private final Location location;
    private final FrameState frame;

    /**
     * Some bytes of an object.
     *
     * @param bytes   the bytes; unknown ones are 0
     * @param missing why some are unknown; empty if all are known
     */
    public record Part(ByteBuffer bytes, Optional<Location> missing) {
        private static Part missing(Location reason) {
            return new Part(ByteBuffer.allocate(0), Optional.of(reason));
        }
    }

    public Content(Location location, FrameState frame) {
        this.location = location;
        this.frame = frame;
    }

    /** Where the object is. */
    public Location location() {
        return location;
    }

    /**
     * A part of the object.
     *
     * @param offset from its beginning, in bytes
     * @param size   in bytes
     */
    public Part read(long offset, int size) {
        if (offset < 0 || offset > FARTHEST || size < 0) {
            return Part.missing(new Location.Unknown("it would be outside of its object"));
        }
        byte[] bytes = new byte[size];
        Location missing = copy(location, offset * Byte.SIZE, bytes, 0, (long) size * Byte.SIZE);
        return missing == null
                ? new Part(ByteBuffer.wrap(bytes).asReadOnlyBuffer(), Optional.empty())
                : Part.missing(missing);
    }

    /** Copies bits; returns null, or the reason if it cannot. */
    private @Nullable Location copy(Location from, long bitOffset, byte[] into, long at, long bits) {
        return switch (from) {
            case Location.Memory memory -> {
                long start = bitOffset / Byte.SIZE;
                long shift = bitOffset % Byte.SIZE;
                byte[] read = new byte[(int) ((shift + bits + Byte.SIZE - 1) / Byte.SIZE)];
                long address = memory.address() + start;
                yield frame.read(address, read)
                        ? bits(read, shift, into, at, bits)
                        : new Location.Unknown(frame.unreadable(address));
            }
            case Location.Register register -> {
                Optional<byte[]> read = frame.register(register.number());
                yield read.isPresent()
                        ? bits(read.get(), bitOffset, into, at, bits)
                        : Evaluator.unknown(register.number());
            }
            case Location.Value value -> {
                byte[] read = new byte[value.bytes().limit()];
                value.bytes().get(0, read);
                yield bits(read, bitOffset, into, at, bits);
            }
            case Location.Pieces pieces -> pieces(pieces, bitOffset, into, at, bits);
            case Location.ImplicitPointer pointer -> new Location.Unknown("it points to what is in no memory");
            case Location.OptimisedOut nowhere -> nowhere;
            case Location.Unknown unknown -> unknown;
        };
    }

    private @Nullable Location pieces(Location.Pieces pieces, long bitOffset, byte[] into, long at, long bits) {
        long start = 0;
        long copied = 0;
        for (Location.Piece piece : pieces.pieces()) {
            long from = Math.max(start, bitOffset);
            long to = Math.min(start + piece.bits(), bitOffset + bits);
            if (from < to) {
                Location missing = copy(piece.location(), piece.offset() + from - start, into, at + from - bitOffset,
                        to - from);
                if (missing != null) {
                    return missing;
                }
                copied += to - from;
            }
            start += piece.bits();
        }
        return copied == bits ? null : new Location.OptimisedOut();
    }

    private static @Nullable Location bits(byte[] from, long bitOffset, byte[] into, long at, long bits) {
        if (bitOffset + bits > (long) from.length * Byte.SIZE) {
            return new Location.Unknown("its location has only " + from.length + " bytes");
        }
        if ((bitOffset | at | bits) % Byte.SIZE == 0) {
            System.arraycopy(from, (int) (bitOffset / Byte.SIZE), into, (int) (at / Byte.SIZE),
                    (int) (bits / Byte.SIZE));
            return null;
        }
        for (long i = 0; i < bits; i++) {
            int bit = from[(int) ((bitOffset + i) / Byte.SIZE)] >> ((bitOffset + i) % Byte.SIZE) & 1;
            into[(int) ((at + i) / Byte.SIZE)] |= (byte) (bit << ((at + i) % Byte.SIZE));
        }
        return null;
    }
}
