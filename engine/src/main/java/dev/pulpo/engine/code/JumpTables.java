package dev.pulpo.engine.code;

import dev.pulpo.engine.code.CodeIndex.Overwritten;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Whether jumps of a function through registers and tables can lead to its first bytes. Compilers make two kinds of tables:
 * 4-byte distances from the table, whose address a {@code lea} takes; and in programs linked to a fixed address, 8-byte
 * addresses, indexed by an operand with a displacement and no base. Every address that the function takes is read as a
 * table, as long as its entries lead into code. A jump without any table is a tail call to another function. Its own address
 * is what a function stores to be called again: who jumps there calls it, and comes to the detour. A table that leads there
 * is a loop, which only matters where the original stays callable.
 */
public final class JumpTables {
    private static final int CHUNK = 1 << 10;

    private final CodeIndex index;
    private final Overwritten range;
    private final byte[] function;
    private final boolean callable;
    private final Decoder decoder = new Decoder();

    /**
     * @param function all its bytes
     * @param callable whether the original stays callable
     */
    public JumpTables(CodeIndex index, Overwritten range, byte[] function, boolean callable) {
        this.index = index;
        this.range = range;
        this.function = function;
        this.callable = callable;
    }

    /** Why the first bytes may be jumped to; empty where they are not. */
    public Optional<String> reason() {
        boolean jumps = false;
        for (int at = 0; at < function.length && decoder.decode(function, at, function.length) > 0;) {
            jumps |= decoder.flow() == Flow.INDIRECT_JUMP && !decoder.isRipRelative();
            at += decoder.length();
        }
        for (int at = 0; at < function.length && decoder.decode(function, at, function.length) > 0;) {
            at += decoder.length();
            Optional<String> reason = operand(range.start() + at, jumps);
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    /** @param next address of the next instruction, which displacements are relative to */
    private Optional<String> operand(long next, boolean jumps) {
        if (decoder.isRipRelative()) {
            long target = next + decoder.displacement();
            if (range.isInside(target)) {
                return Optional.of("it refers to its own first bytes at 0x" + Long.toHexString(next));
            }
            if (jumps && decoder.isLea() && target != range.start()) {
                return target > range.start() && target < range.end()
                        ? Optional.of("it computes where it jumps to at 0x" + Long.toHexString(next))
                        : table(target, 4, target);
            }
        } else if (jumps && decoder.isFixedTable()) {
            return table(decoder.displacement(), 8, 0);
        }
        return Optional.empty();
    }

    private Optional<String> table(long table, int size, long base) {
        if (index.isCode(table)) {
            return Optional.empty();
        }
        for (long at = table;; at += CHUNK) {
            ByteBuffer entries = ByteBuffer.wrap(index.bytes(at, CHUNK)).order(ByteOrder.LITTLE_ENDIAN);
            while (entries.remaining() >= size) {
                long target = base + (size == 4 ? entries.getInt() : entries.getLong());
                if (callable && target == range.start() || range.isInside(target)) {
                    return Optional.of("its jump table at 0x" + Long.toHexString(table) + " leads to its first bytes");
                }
                if (!index.isCode(target)) {
                    return Optional.empty();
                }
            }
            if (entries.capacity() < CHUNK) {
                return Optional.empty();
            }
        }
    }
}
