package dev.pulpo.x86;

import dev.pulpo.x86.Relocation.CannotMove;
import dev.pulpo.x86.Relocation.Moved;
import dev.pulpo.x86.Relocation.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves instructions to another address without changing their effect on registers, flags and memory, except for the
 * return addresses of calls. Code that continues after the last instruction continues after the moved one.
 *
 * <p>Branches get the long form; those without one ({@code loop}, {@code jrcxz}) go through a jump. Branches among the
 * moved instructions stay among them. RIP-relative operands get a new displacement; if that does not reach, {@code lea}
 * and plain loads are written with an absolute address, and others cannot be moved.
 */
public final class Relocator {
    private static final int LEA = 0x8d;
    private static final int MOV_LOAD = 0x8b;

    private final CodeBytes original;
    private final byte[] bytes;
    private final CodeAddress to;
    private final Decoder decoder = new Decoder();
    private final Map<CodeAddress, CodeAddress> moved = new LinkedHashMap<>();

    private Relocator(CodeBytes original, CodeAddress to) {
        this.original = original;
        this.bytes = original.toByteArray();
        this.to = to;
    }

    /**
     * Moves whole instructions.
     *
     * @param original the instructions at their address
     * @param to       their new address
     */
    public static Relocation move(CodeBytes original, CodeAddress to) {
        return new Relocator(original, to).move();
    }

    private Relocation move() {
        CannotMove reason = checkAll();
        if (reason != null) {
            return reason;
        }
        // The first pass treats branches among the instructions as branches to the start: their length does not depend on
        // the target, and after the pass the targets are known.
        List<CodeAddress> starts = List.copyOf(moved.keySet());
        starts.forEach(at -> moved.put(at, to));
        emit(starts);
        Assembler code = emit(starts);
        boolean calls = starts.stream().anyMatch(at -> {
            decode(at);
            return decoder.flow() == Flow.CALL || decoder.flow() == Flow.INDIRECT_CALL;
        });
        CodeAddress unreachable = unreachable(starts);
        return unreachable == null
                ? new Moved(code.code(), moved, calls)
                : new CannotMove(unreachable, Reason.OUT_OF_REACH);
    }

    private @Nullable CannotMove checkAll() {
        List<CodeAddress> targets = new ArrayList<>();
        List<CodeAddress> sources = new ArrayList<>();
        for (CodeAddress at = original.start(); at.compareTo(original.end()) < 0; at = at.plus(decoder.length())) {
            decode(at);
            Reason reason = check(at);
            if (reason != null) {
                return new CannotMove(at, reason);
            }
            moved.put(at, to);
            if (decoder.flow().isDirect()) {
                sources.add(at);
                targets.add(target(at));
            }
        }
        for (int i = 0; i < targets.size(); i++) {
            if (original.covers(targets.get(i), 1) && !moved.containsKey(targets.get(i))) {
                return new CannotMove(sources.get(i), Reason.TARGET_INSIDE_INSTRUCTION);
            }
        }
        return null;
    }

    private @Nullable Reason check(CodeAddress at) {
        if (decoder.status() != Decoder.Status.VALID) {
            return decoder.status() == Decoder.Status.TRUNCATED ? Reason.CUT_OFF : Reason.NO_INSTRUCTION;
        }
        if (decoder.isVendorDependent()) {
            return Reason.VENDOR_DEPENDENT;
        }
        if (decoder.flow() == Flow.CONDITIONAL && decoder.immediateSize() == 2) {
            return Reason.OUT_OF_REACH; // xbegin with a two-byte displacement, which no compiler generates
        }
        if (decoder.flow() == Flow.CALL) {
            // The end counts, too: a call of the next instruction reads the program counter.
            long into = target(at).minus(original.start());
            if (into >= 0 && into <= original.length()) {
                return Reason.CALLS_MOVED_CODE;
            }
        }
        if (decoder.isRipRelative()) {
            if (decoder.has32BitAddresses()) {
                return Reason.EIP_RELATIVE;
            }
            if (original.covers(operand(at), 1)) {
                return Reason.OPERAND_MOVES;
            }
        }
        return null;
    }

    private void decode(CodeAddress at) {
        decoder.decode(bytes, (int) at.minus(original.start()), bytes.length);
    }

    private CodeAddress target(CodeAddress at) {
        return at.plus(decoder.length() + decoder.branchDisplacement());
    }

    private CodeAddress operand(CodeAddress at) {
        return at.plus(decoder.length() + decoder.displacement());
    }

    private Assembler emit(List<CodeAddress> starts) {
        Assembler out = new Assembler(to);
        for (CodeAddress at : starts) {
            moved.put(at, out.here());
            decode(at);
            CodeBytes instruction = original.slice(at, decoder.length());
            if (decoder.flow().isDirect()) {
                branch(out, at, instruction);
            } else if (decoder.isRipRelative()) {
                ripRelative(out, at, instruction);
            } else {
                out.code(instruction);
            }
        }
        return out;
    }

    private void branch(Assembler out, CodeAddress at, CodeBytes instruction) {
        CodeAddress old = target(at);
        CodeAddress target = moved.getOrDefault(old, old);
        switch (decoder.flow()) {
            case CALL -> out.call(target);
            case JUMP -> out.jump(target);
            case LOOP -> out.loop(instruction, target);
            default -> {
                if (decoder.modRm() >= 0) {
                    displaced(out, instruction, decoder.immediateOffset(), target);
                } else {
                    out.jumpIf(decoder.opcode() & 0xf, target);
                }
            }
        }
    }

    private void ripRelative(Assembler out, CodeAddress at, CodeBytes instruction) {
        CodeAddress operand = operand(at);
        int register = hasAbsoluteForm() ? decoder.registerField() : -1;
        if (register < 0 || reaches(out.here(), operand)) {
            displaced(out, instruction, decoder.displacementOffset(), operand);
        } else {
            out.load(register, operand.value());
            if (decoder.opcode() == MOV_LOAD) {
                out.follow(register, decoder.isWide());
            }
        }
    }

    /**
     * Whether the instruction is a {@code lea} of 64 bits, or a load of 64 or 32 bits into a register that can hold the
     * address before. Segment overrides would be lost, and {@code rsp} must not hold the address even for a moment,
     * because a signal handler would write there.
     */
    private boolean hasAbsoluteForm() {
        boolean load = decoder.opcode() == MOV_LOAD;
        boolean lea = decoder.opcode() == LEA && decoder.isWide();
        return decoder.opcodeMap() == OpcodeMap.ONE && (load || lea) && !decoder.hasLegacyPrefix()
                && decoder.registerField() != 4;
    }

    /** Writes the instruction with another displacement, which is relative to the end of the instruction. */
    private static void displaced(Assembler out, CodeBytes instruction, int offset, CodeAddress target) {
        CodeAddress begin = out.here();
        CodeAddress field = instruction.start().plus(offset);
        out.code(instruction.slice(instruction.start(), offset));
        out.int32(target.minus(begin.plus(instruction.length())));
        out.code(instruction.slice(field.plus(4), (int) instruction.end().minus(field.plus(4))));
    }

    private boolean reaches(CodeAddress at, CodeAddress target) {
        long displacement = target.minus(at.plus(decoder.length()));
        return displacement == (int) displacement;
    }

    /** The first instruction whose operand is out of reach from the new address. */
    private @Nullable CodeAddress unreachable(List<CodeAddress> starts) {
        for (CodeAddress at : starts) {
            decode(at);
            CodeAddress now = moved.getOrDefault(at, to);
            boolean displaced = decoder.flow() == Flow.CONDITIONAL && decoder.modRm() >= 0;
            CodeAddress far = displaced ? target(at) : operand(at);
            boolean operand = decoder.isRipRelative() && !hasAbsoluteForm();
            if ((displaced || operand) && !reaches(now, moved.getOrDefault(far, far))) {
                return at;
            }
        }
        return null;
    }
}
