package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.x86.Decoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The instructions of a function without what depends on where things are: padding is left out, distances are blank, and what
 * they lead to stands apart. What cannot be decoded counts byte by byte.
 */
final class FunctionShape {
    /** What an instruction does with an address. */
    enum Kind {
        CALL, JUMP, CONDITIONAL, ADDRESS, MEMORY
    }

    /**
     * Something outside of a function that an instruction uses.
     *
     * @param instruction its number
     * @param size        how many bytes it may read there
     */
    record Reference(int instruction, Kind kind, long target, int size) {}

    private static final long PRIME = 0x100000001b3L;

    private final ElfSymbol function;
    private final int length;
    /** Where each instruction begins. */
    private int[] starts = {};
    private long[] words = {};
    /** For branches within the function the number of the instruction that they lead to; otherwise -1. */
    private int[] inner = {};
    private final List<Reference> references = new ArrayList<>();
    private boolean decoded = true;

    private FunctionShape(ElfSymbol function, int length) {
        this.function = function;
        this.length = length;
    }

    static FunctionShape of(CodeNames names, ElfSymbol function) {
        byte[] bytes = names.bytes(function.value(), function.size());
        FunctionShape shape = new FunctionShape(function, bytes.length);
        shape.read(names, bytes);
        return shape;
    }

    private void read(CodeNames names, byte[] bytes) {
        Decoder decoder = new Decoder();
        int count = 0;
        int[] at = new int[bytes.length];
        long[] hashes = new long[bytes.length];
        long[] targets = new long[bytes.length];
        for (int place = 0; place < bytes.length;) {
            int size = decoder.decode(bytes, place, bytes.length);
            if (size == 0) {
                decoded = false;
                size = 1;
                hashes[count] = bytes[place] + 0x1_0000L;
                targets[count] = -1;
                at[count++] = place;
            } else if (!decoder.isNop()) {
                targets[count] = -1;
                hashes[count] = word(names, decoder, bytes, place, size, count, targets);
                at[count++] = place;
            }
            place += size;
        }
        starts = Arrays.copyOf(at, count);
        words = Arrays.copyOf(hashes, count);
        inner = new int[count];
        for (int i = 0; i < count; i++) {
            inner[i] = targets[i] < 0 ? -1 : number((int) targets[i]);
        }
    }

    private long word(CodeNames names, Decoder decoder, byte[] bytes, int at, int size, int number, long[] targets) {
        long end = function.value() + at + size;
        if (decoder.flow().isDirect()) {
            long target = end + decoder.branchDisplacement();
            Kind kind = switch (decoder.flow()) {
                case CALL -> Kind.CALL;
                case JUMP -> Kind.JUMP;
                default -> Kind.CONDITIONAL;
            };
            if (contains(target)) {
                targets[number] = target - function.value();
            } else {
                references.add(new Reference(number, kind, target, 0));
            }
            return switch (kind) {
                case CALL -> 0x2_0000L;
                case JUMP -> 0x3_0000L;
                case CONDITIONAL, ADDRESS, MEMORY -> 0x4_0000L + decoder.condition();
            };
        }
        int blank = -1;
        int blankSize = 0;
        if (decoder.isRipRelative()) {
            blank = decoder.displacementOffset();
            blankSize = decoder.displacementSize();
            refer(number, decoder, end + decoder.displacement(), targets);
        } else if (decoder.displacementSize() == Integer.BYTES && names.isAbsolute(decoder.displacement())) {
            blank = decoder.displacementOffset();
            blankSize = decoder.displacementSize();
            references.add(new Reference(number, Kind.ADDRESS, decoder.displacement(), 0));
        }
        int value = -1;
        if (decoder.immediateSize() == Integer.BYTES) {
            long immediate = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
                    .getInt(at + decoder.immediateOffset()) & 0xffff_ffffL;
            if (names.isAbsolute(immediate)) {
                value = decoder.immediateOffset();
                references.add(new Reference(number, Kind.ADDRESS, immediate, 0));
            }
        }
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < size; i++) {
            boolean left = blank >= 0 && i >= blank && i < blank + blankSize
                    || value >= 0 && i >= value && i < value + Integer.BYTES;
            hash = (hash ^ (left ? 0 : bytes[at + i] & 0xff)) * PRIME;
        }
        return hash;
    }

    private void refer(int number, Decoder decoder, long target, long[] targets) {
        if (contains(target) && decoder.isLea()) {
            targets[number] = target - function.value();
        } else {
            references.add(decoder.isLea()
                    ? new Reference(number, Kind.ADDRESS, target, 0)
                    : new Reference(number, Kind.MEMORY, target, decoder.readSize()));
        }
    }

    ElfSymbol function() {
        return function;
    }

    long start() {
        return function.value();
    }

    boolean contains(long address) {
        return address - function.value() >= 0 && address - function.value() < length;
    }

    /** The number of the first instruction at an offset or behind it. */
    int number(int offset) {
        int found = Arrays.binarySearch(starts, offset);
        return found < 0 ? -found - 1 : found;
    }

    int numberAt(long address) {
        return number((int) (address - function.value()));
    }

    int count() {
        return words.length;
    }

    /** The link address of an instruction. */
    long address(int instruction) {
        return function.value() + starts[instruction];
    }

    long[] words() {
        return words;
    }

    int[] inner() {
        return inner;
    }

    List<Reference> references() {
        return references;
    }

    /** Whether all of it are known instructions. */
    boolean isDecoded() {
        return decoded;
    }

    /** Whether it is the same apart from what it refers to. */
    boolean isLike(FunctionShape other) {
        return Arrays.equals(words, other.words) && Arrays.equals(inner, other.inner)
                && references.size() == other.references.size();
    }

    long hash() {
        return Arrays.hashCode(words) * 31L + Arrays.hashCode(inner) + ((long) words.length << 40);
    }

    /** How much of two functions is the same, from 0 to 1, whatever its order. */
    double likeness(FunctionShape other) {
        long[] mine = words.clone();
        long[] its = other.words.clone();
        Arrays.sort(mine);
        Arrays.sort(its);
        int common = 0;
        for (int i = 0, j = 0; i < mine.length && j < its.length;) {
            if (mine[i] == its[j]) {
                common++;
                i++;
                j++;
            } else if (mine[i] < its[j]) {
                i++;
            } else {
                j++;
            }
        }
        return mine.length + its.length == 0 ? 1 : 2.0 * common / (mine.length + its.length);
    }
}
