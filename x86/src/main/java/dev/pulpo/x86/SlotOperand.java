package dev.pulpo.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Replaces an instruction with a RIP-relative memory operand by code that reads the operand's address from a slot of
 * eight bytes, for code that has moved too far from its data. The effect on registers, flags and memory is the same; only
 * indirect calls and jumps change {@code r11}, which the psABI (3.2.3) reserves for code between caller and callee.
 *
 * <pre>
 *   lea operand(%rip), %r      mov slot(%rip), %r              in place, of the same length
 *   mov operand(%rip), %r      mov slot(%rip), %r; mov (%r), %r; jmp back
 *   call *operand(%rip)        mov slot(%rip), %r11; jmp *(%r11)   to be called
 *   any other                  lea -128(%rsp), %rsp; push %rsi; mov slot(%rip), %rsi; the instruction on (%rsi);
 *                              pop %rsi; lea 128(%rsp), %rsp; jmp back
 * </pre>
 *
 * All except the first are too long to replace the instruction in place. They are elsewhere, and a branch replaces the
 * instruction; it fits, because such an instruction has at least six bytes.
 */
public final class SlotOperand {
    private final boolean inPlace;
    private final boolean called;
    private final byte[] code;
    private final int slotField;
    private final int backField;
    private final List<Push> pushes;

    /** From one byte of the code on, how far the stack pointer is below its original value. */
    public record Push(int at, int bytes) {}

    private static final int RED_ZONE = 128;
    private static final int NOTRACK = 0x3e;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int MOV_LOAD = 0x8b;

    private SlotOperand(boolean inPlace, boolean called, byte[] code, int slotField, int backField,
            List<Push> pushes) {
        this.inPlace = inPlace;
        this.called = called;
        this.code = code;
        this.slotField = slotField;
        this.backField = backField;
        this.pushes = List.copyOf(pushes);
    }

    /** Whether the code replaces the instruction in place. */
    public boolean inPlace() {
        return inPlace;
    }

    /** Whether the code must be called; otherwise jump to it. */
    public boolean called() {
        return called;
    }

    /** A copy of the code. */
    public byte[] code() {
        return code.clone();
    }

    /** Where in the code the four bytes of the slot's distance are, which is relative to their end. */
    public int slotField() {
        return slotField;
    }

    /** The same for the instruction after the original one; -1 if the code does not continue there. */
    public int backField() {
        return backField;
    }

    /** How the code changes the stack pointer. */
    public List<Push> pushes() {
        return pushes;
    }

    /**
     * The replacement, if there is one: not for operands relative to a segment or to 32 bits of RIP, not for instructions
     * that also use the stack pointer, and not for those of APX.
     *
     * @param bytes code
     * @param from  the index of the instruction
     */
    public static Optional<SlotOperand> of(byte[] bytes, int from, int to) {
        Decoder decoder = new Decoder();
        int length = decoder.decode(bytes, from, to);
        if (length == 0 || !decoder.isRipRelative() || decoder.has32BitAddresses() || decoder.hasSegmentBase()
                || decoder.isApx()) {
            return Optional.empty();
        }
        byte[] instruction = Arrays.copyOfRange(bytes, from, from + length);
        if (decoder.isLea()) {
            return decoder.isWide() ? Optional.of(address(decoder, instruction)) : Optional.empty();
        }
        if (decoder.flow() == Flow.INDIRECT_CALL || decoder.flow() == Flow.INDIRECT_JUMP) {
            return branch(decoder);
        }
        if (decoder.opcodeMap() == OpcodeMap.ONE && decoder.opcode() == 0xff && (decoder.modRm() >> 3 & 7) == 6) {
            return length == 6 ? Optional.of(push()) : Optional.empty();
        }
        if (usesStackPointer(decoder)) {
            return Optional.empty();
        }
        if (canHoldAddress(decoder)) {
            return Optional.of(load(decoder, instruction));
        }
        return withScratch(decoder, instruction);
    }

    private static SlotOperand address(Decoder decoder, byte[] instruction) {
        instruction[decoder.displacementOffset() - 2] = (byte) MOV_LOAD;
        return new SlotOperand(true, false, instruction, decoder.displacementOffset(), -1, List.of());
    }

    /** {@code mov slot(%rip), %r11; jmp *(%r11)}. */
    private static Optional<SlotOperand> branch(Decoder decoder) {
        if (decoder.opcode() != 0xff || (decoder.modRm() >> 3 & 1) != 0) {
            return Optional.empty(); // far ones
        }
        boolean call = decoder.flow() == Flow.INDIRECT_CALL;
        return Optional.of(jumpThroughSlot(decoder.isNotrack(), call));
    }

    private static SlotOperand jumpThroughSlot(boolean notrack, boolean called) {
        Code code = new Code().bytes(0x4c, MOV_LOAD, 0x1d);
        int slot = code.rel32();
        if (notrack) {
            code.bytes(NOTRACK);
        }
        return new SlotOperand(false, called, code.bytes(0x41, 0xff, 0x23).toByteArray(), slot, -1,
                called ? List.of(new Push(0, Long.BYTES)) : List.of());
    }

    /** A jump to the address in the word to which the slot points. It replaces no instruction. */
    public static SlotOperand jumpThroughSlot() {
        return jumpThroughSlot(false, false);
    }

    /** A jump to the address in the slot, even without a landing pad there. It replaces no instruction. */
    public static SlotOperand jumpToSlot() {
        Code code = new Code().bytes(NOTRACK, 0xff, 0x25);
        int slot = code.rel32();
        return new SlotOperand(false, false, code.toByteArray(), slot, -1, List.of());
    }

    /** A function that pushes has nothing below its stack pointer. */
    private static SlotOperand push() {
        Code code = new Code().bytes(0x56, 0x56, 0x48, 0x8b, 0x35);
        int slot = code.rel32();
        code.bytes(0x48, 0x8b, 0x36, 0x48, 0x89, 0x74, 0x24, 0x08, 0x5e);
        int popped = code.size();
        int back = code.bytes(NearBranch.JUMP.opcode()).rel32();
        return new SlotOperand(false, false, code.toByteArray(), slot, back,
                List.of(new Push(1, 8), new Push(2, 16), new Push(popped, 8)));
    }

    private static boolean usesStackPointer(Decoder decoder) {
        if (decoder.usesStack()) {
            return true;
        }
        if (decoder.registerField() != 4) {
            return false;
        }
        int opcode = decoder.opcode();
        // Otherwise 4 is part of the opcode, or a register of another kind.
        return switch (decoder.opcodeMap()) {
            case ONE -> opcode < 0x40 || opcode == 0x63 || opcode == 0x69 || opcode == 0x6b
                    || opcode >= 0x84 && opcode <= 0x8b;
            case X0F -> opcode >= 0x40 && opcode <= 0x4f || opcode >= 0xa0 && opcode != 0xae && opcode != 0xba
                    && opcode <= 0xc1;
            default -> false;
        };
    }

    /** Loads of 64 or 32 bits into a register that can be a base register without additional bytes. */
    private static boolean canHoldAddress(Decoder decoder) {
        int opcode = decoder.opcode();
        boolean load = switch (decoder.opcodeMap()) {
            case ONE -> opcode == MOV_LOAD || opcode == 0x63;
            case X0F -> opcode == 0xb6 || opcode == 0xb7 || opcode == 0xbe || opcode == 0xbf;
            default -> false;
        };
        int low = decoder.registerField() & 7;
        return load && !decoder.hasLegacyPrefix() && low != 4 && low != 5;
    }

    private static SlotOperand load(Decoder decoder, byte[] instruction) {
        int register = decoder.registerField();
        Code code = new Code().bytes(0x48 | register >> 3 << 2, MOV_LOAD, (register & 7) << 3 | 5);
        int slot = code.rel32();
        int opcodeAt = decoder.opcodeMap() == OpcodeMap.ONE
                ? decoder.displacementOffset() - 2
                : decoder.displacementOffset() - 3;
        int rex = 0x40 | (decoder.isWide() ? 8 : 0) | (register > 7 ? 5 : 0);
        code.bytes(rex).copy(instruction, opcodeAt, decoder.displacementOffset() - 1)
                .bytes((register & 7) << 3 | register & 7);
        int back = code.bytes(NearBranch.JUMP.opcode()).rel32();
        return new SlotOperand(false, false, code.toByteArray(), slot, back, List.of());
    }

    private static Optional<SlotOperand> withScratch(Decoder decoder, byte[] instruction) {
        int used = decoder.registerField();
        int more = decoder.vectorRegister(instruction);
        int scratch = used != RSI && more != RSI ? RSI : used != RDI && more != RDI ? RDI : -1;
        if (scratch < 0 || decoder.extendsBase()) {
            return Optional.empty();
        }
        Code code = new Code().bytes(0x48, Decoder.LEA, 0x64, 0x24, 0x80);
        List<Push> pushes = new ArrayList<>(List.of(new Push(code.size(), RED_ZONE)));
        code.bytes(0x50 | scratch);
        pushes.add(new Push(code.size(), RED_ZONE + Long.BYTES));
        int slot = code.bytes(0x48, MOV_LOAD, scratch << 3 | 5).rel32();
        int at = code.size();
        code.copy(instruction, 0, decoder.displacementOffset() - 1).bytes(decoder.modRm() & 0x38 | scratch)
                .copy(instruction, decoder.displacementOffset() + 4, instruction.length);
        int length = code.size() - at;
        code.bytes(0x58 | scratch);
        pushes.add(new Push(code.size(), RED_ZONE));
        code.bytes(0x48, Decoder.LEA, 0xa4, 0x24, 0x80, 0, 0, 0);
        pushes.add(new Push(code.size(), 0));
        int back = code.bytes(NearBranch.JUMP.opcode()).rel32();
        byte[] made = code.toByteArray();
        Decoder check = new Decoder();
        if (check.decode(made, at, made.length) != length || check.opcodeMap() != decoder.opcodeMap()
                || check.opcode() != decoder.opcode() || check.immediateSize() != decoder.immediateSize()) {
            throw new IllegalStateException("not the same instruction: " + Arrays.toString(instruction));
        }
        return Optional.of(new SlotOperand(false, false, made, slot, back, pushes));
    }

    /** A few bytes of code. */
    private static final class Code {
        private final java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();

        Code bytes(int... more) {
            for (int each : more) {
                out.write(each);
            }
            return this;
        }

        Code copy(byte[] from, int start, int end) {
            out.write(from, start, end - start);
            return this;
        }

        /** Reserves space for a distance and returns its index. */
        int rel32() {
            bytes(0, 0, 0, 0);
            return size() - 4;
        }

        int size() {
            return out.size();
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }
}
