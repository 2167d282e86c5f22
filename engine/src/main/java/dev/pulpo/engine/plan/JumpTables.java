package dev.pulpo.engine.plan;

import dev.pulpo.engine.plan.CodeIndex.Overwritten;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import dev.pulpo.x86.OpcodeMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * Whether the jumps of a function through registers and tables can lead to its first bytes. Compilers write two kinds of
 * tables: distances from the table, of four bytes, whose address a {@code lea} takes; and in programs that are linked to a
 * fixed address, addresses of eight bytes, indexed by an operand with a displacement and no base. Every address that the
 * function takes is read as a table, as far as what is there leads into code. A jump without any table is a call in the
 * last place, and leads to another function.
 */
final class JumpTables {
    private static final int LEA = 0x8d;
    private static final int CHUNK = 1 << 10;

    private final CodeIndex index;
    private final Overwritten range;
    private final byte[] function;
    private final Decoder decoder = new Decoder();

    /** @param function all bytes of the function */
    JumpTables(CodeIndex index, Overwritten range, byte[] function) {
        this.index = index;
        this.range = range;
        this.function = function;
    }

    /** The reason why the first bytes may be jumped to; empty where they are not. */
    Optional<String> reason() {
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

    /** @param next the address of the next instruction, from which displacements count */
    private Optional<String> operand(long next, boolean jumps) {
        if (decoder.isRipRelative()) {
            long target = next + decoder.displacement();
            if (range.isInside(target)) {
                return Optional.of("it refers to its own first bytes at 0x" + Long.toHexString(next));
            }
            boolean address = decoder.opcodeMap() == OpcodeMap.ONE && decoder.opcode() == LEA;
            if (jumps && address) {
                return target >= range.start() && target < range.end()
                        ? Optional.of("it computes where it jumps to at 0x" + Long.toHexString(next))
                        : table(target, 4, target);
            }
        } else if (jumps && decoder.displacementSize() == 4 && (decoder.modRm() & 0xc7) == 4) {
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
                if (target == range.start() || range.isInside(target)) {
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
