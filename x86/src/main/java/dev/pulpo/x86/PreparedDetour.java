package dev.pulpo.x86;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The detour of a function that was built with {@code -fpatchable-function-entry=16,14}: sixteen one-byte nops, of which
 * fourteen are before the entry. The compiler puts the other two at the entry, or after the {@code endbr64} if the
 * function begins with one:
 *
 * <pre>
 *    entry-14        entry   entry+2                   entry-14        entry     entry+4   entry+6
 *    |padding        |flip   |body                     |padding        |         |flip     |body
 *    nop × 14        nop nop  ...                      nop × 14        endbr64   nop nop   ...
 * </pre>
 *
 * A far jump is written into the padding, which no thread executes, and then the two bytes of the flip slot become a
 * short jump back to the padding. Callers still call the entry, so the {@code endbr64} remains the target of indirect
 * branches.
 *
 * @param entry   the address of the function, after the padding
 * @param endbr64 whether an {@code endbr64} is at the entry
 */
public record PreparedDetour(CodeAddress entry, boolean endbr64) implements Detour {
    /** How many bytes of padding precede the entry. */
    public static final int PADDING = 14;
    /** How many bytes are flipped. */
    public static final int FLIP = 2;
    /** How many bytes before the entry {@link Detour#recognise} looks at. */
    public static final int WINDOW_BEFORE = PADDING;
    /** How many bytes from the entry on {@link Detour#recognise} looks at. */
    public static final int WINDOW_AFTER = PreparedEntry.ENDBR64_LENGTH + FLIP;

    private static final int JMP_REL8 = 0xeb;
    private static final int OPERAND_SIZE = 0x66;
    private static final int NOP = 0x90;
    private static final int CACHE_LINE = 64;

    /** The address of the fourteen bytes before the entry. */
    public CodeAddress padding() {
        return entry.plus(-PADDING);
    }

    /** The address of the two bytes that are flipped. */
    public CodeAddress flipSlot() {
        return endbr64 ? entry.plus(PreparedEntry.ENDBR64_LENGTH) : entry;
    }

    /** The far jump to a replacement in the padding. */
    public FarJump jumpTo(CodeAddress target) {
        return FarJump.between(padding(), target);
    }

    /** All fourteen bytes of the padding: the far jump to a replacement, and nops. */
    public CodeBytes paddingTo(CodeAddress target) {
        return jumpTo(target).encode(PADDING);
    }

    /** The short jump from the flip slot to the padding. */
    public CodeBytes flip() {
        long displacement = padding().minus(flipSlot().plus(FLIP));
        return CodeBytes.at(flipSlot(), (byte) JMP_REL8, (byte) displacement);
    }

    /** The two bytes of an idle flip slot as one instruction, so that no thread can be between them. */
    public CodeBytes idle() {
        return CodeBytes.at(flipSlot(), (byte) OPERAND_SIZE, (byte) NOP);
    }

    /**
     * Whether the two bytes of the flip slot are in one cache line, so that other processors see a store of both as one
     * (SDM volume 3, section 9.1.1). Compilers align functions so.
     */
    public boolean flipsInOneStore() {
        return Long.remainderUnsigned(flipSlot().value(), CACHE_LINE) != CACHE_LINE - 1;
    }

    /**
     * The addresses at which no thread may be while bytes change: between the two nops of the flip slot, and in the
     * padding after its first byte. (The first byte of the padding is safe: a thread there executes one far jump or the
     * other, or runs over nops into the function, as after a revert.)
     */
    public List<CodeAddress> interior() {
        return Stream.concat(LongStream.range(1, PADDING).mapToObj(padding()::plus), Stream.of(flipSlot().plus(1)))
                .toList();
    }

    @Override
    public boolean isInterior(CodeAddress address) {
        long intoPadding = address.minus(padding());
        return (intoPadding > 0 && intoPadding < PADDING) || address.equals(flipSlot().plus(1));
    }
}
