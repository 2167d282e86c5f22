package dev.pulpo.x86;

/**
 * Which registers an instruction reads and writes. What it reads depends on which of its results are needed: a copy of a
 * register nobody looks at reads nothing, and the low byte of a sum needs the low bytes of what is added. So the garbage in
 * the upper parts of registers, which compilers copy freely, is not taken for a use.
 *
 * <p>An instruction that is not known in detail reads and may write all registers that its fields name.
 */
final class RegisterEffects {
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int ALL = 0b111;
    private static final int LOW = 0b001;
    private static final int HIGH = 0b010;
    private static final int WORD = 0b011;
    private static final RegisterSet FLAGS = RegisterSet.FLAGS;
    private static final RegisterSet NONE = RegisterSet.NONE;

    private final Decoder decoder;
    private final int extension;
    private final int evex;
    private final RegisterSet needed;
    private final RegisterSet address;
    private RegisterSet scaledIndex = NONE;
    private RegisterSet reads = NONE;
    private RegisterSet writes = NONE;
    private RegisterSet partial = NONE;

    private RegisterEffects(Decoder decoder, byte[] code, int at, RegisterSet needed) {
        this.decoder = decoder;
        this.needed = needed;
        this.extension = decoder.modRm() >> 3 & 7;
        this.evex = decoder.opcodeMap().isEvex() ? evexPayload(code, at) : 0;
        this.address = address(code, at);
    }

    /**
     * The effects of the instruction that the decoder holds.
     *
     * @param code   with the instruction
     * @param at     where it begins
     * @param needed what is read after it
     */
    static RegisterEffects of(Decoder decoder, byte[] code, int at, RegisterSet needed) {
        RegisterEffects effects = new RegisterEffects(decoder, code, at, needed);
        effects.run(code, at);
        return effects;
    }

    /** What it reads. */
    RegisterSet reads() {
        return reads;
    }

    /** The registers that make the address of its operand. */
    RegisterSet address() {
        return address;
    }

    /** The register that the address scales. */
    RegisterSet index() {
        return scaledIndex;
    }

    /** What it overwrites, so that nothing of the old content is left. */
    RegisterSet overwrites() {
        return writes;
    }

    /** All that it may change. */
    RegisterSet mayWrite() {
        return writes.or(partial);
    }

    /** What is needed before it. */
    RegisterSet neededBefore() {
        return needed.minus(writes).or(reads);
    }

    private void run(byte[] code, int at) {
        if (decoder.isApx()) {
            return;
        }
        switch (decoder.opcodeMap()) {
            case ONE -> one();
            case X0F -> x0f();
            case X38 -> x38();
            case X3A -> x3a();
            case VEX_0F, EVEX_0F -> vector0f(vvvv(code, at));
            case VEX_38, EVEX_38, EVEX_5, EVEX_6 -> vector38(vvvv(code, at));
            case VEX_3A, EVEX_3A -> vector3a(vvvv(code, at), code, at);
            case EVEX_4, XOP_8, XOP_9, XOP_A -> unknown();
        }
        if (decoder.writesFlags()) {
            // A shift by cl, and one by zero, leaves them.
            partial = partial.or(FLAGS);
            if (!isShift()) {
                writes = writes.or(FLAGS);
            }
        }
    }

    private boolean isShift() {
        int opcode = decoder.opcode();
        return decoder.opcodeMap() == OpcodeMap.ONE
                && (opcode == 0xc0 || opcode == 0xc1 || opcode >= 0xd0 && opcode <= 0xd3)
                || decoder.opcodeMap() == OpcodeMap.X0F && (opcode & 0xf6) == 0xa4;
    }

    // Operands

    private boolean isMemory() {
        return decoder.modRm() >= 0 && decoder.modRm() < 0xc0;
    }

    private int reg() {
        return decoder.registerField();
    }

    private int rm() {
        return decoder.otherRegister();
    }

    /** The parts of a general register of the operand size. */
    private int wide() {
        return decoder.isWide() || !decoder.hasOperandSizePrefix() ? ALL : WORD;
    }

    /** Base and index of the memory operand. */
    private RegisterSet address(byte[] code, int at) {
        int modRm = decoder.modRm();
        if (modRm < 0 || modRm >= 0xc0) {
            return NONE;
        }
        if ((modRm & 7) != 4) {
            return decoder.isRipRelative() ? NONE : RegisterSet.general(modRm & 7 | (decoder.extendsBase() ? 8 : 0));
        }
        int sib = code[at + decoder.displacementOffset() - 1] & 0xff;
        boolean noBase = (sib & 7) == 5 && modRm < 0x40;
        RegisterSet base = noBase ? NONE : RegisterSet.general(sib & 7 | (decoder.extendsBase() ? 8 : 0));
        int index = sib >> 3 & 7 | (decoder.extendsIndex() ? 8 : 0);
        if (isVectorIndexed()) {
            return base.or(RegisterSet.vector(index));
        }
        scaledIndex = index == RSP || sib >> 6 == 0 && !base.equals(RegisterSet.general(index))
                ? NONE
                : RegisterSet.general(index);
        return index == RSP ? base : base.or(RegisterSet.general(index));
    }

    /** Gathers and scatters (SDM volume 2, section 2.3.12). */
    private boolean isVectorIndexed() {
        int opcode = decoder.opcode();
        return switch (decoder.opcodeMap()) {
            case VEX_38, EVEX_38 -> opcode >= 0x90 && opcode <= 0x93 || opcode >= 0xa0 && opcode <= 0xa3;
            default -> false;
        };
    }

    private void read(RegisterSet more) {
        reads = reads.or(more);
    }

    private void write(RegisterSet more) {
        writes = writes.or(more);
    }

    private void readAddress() {
        read(address);
    }

    /** A register operand of one byte: without REX, 4 to 7 are the second bytes of the first four registers. */
    private RegisterSet byteOf(int register) {
        return register >= 4 && register < 8 && !decoder.hasRex()
                ? RegisterSet.general(register - 4, HIGH)
                : RegisterSet.general(register, LOW);
    }

    private RegisterSet part(int register, int parts) {
        return parts == LOW ? byteOf(register) : RegisterSet.general(register, parts);
    }

    /** How much of a register is needed, up to the highest part that is. */
    private int upTo(RegisterSet destination, int parts) {
        if (needed.meets(FLAGS) && decoder.writesFlags()) {
            return parts;
        }
        RegisterSet wanted = needed.and(destination);
        if (wanted.isEmpty()) {
            return 0;
        }
        if (parts == LOW) {
            return LOW;
        }
        int highest = 0;
        for (int i = 0; i < 16; i++) {
            highest |= wanted.partsOf(i);
        }
        return parts & (highest >= 4 ? ALL : highest >= 2 ? WORD : LOW);
    }

    /** {@code destination = f(destination, source)}; a negative register is memory. */
    private void arithmetic(int destination, int source, int parts, boolean keepsOld) {
        if (destination < 0) {
            readAddress();
            if (source >= 0) {
                read(part(source, parts));
            }
            return;
        }
        RegisterSet to = part(destination, parts);
        int used = upTo(to, parts);
        if (source < 0) {
            readAddressIf(used != 0);
        } else if (used != 0) {
            read(needed(source, parts, used));
        }
        if (keepsOld && used != 0) {
            read(needed(destination, parts, used));
        }
        write(to);
    }

    /** The parts of an operand that are needed, of an operand that may be one of a single byte. */
    private RegisterSet needed(int register, int parts, int used) {
        return parts == LOW ? byteOf(register) : RegisterSet.general(register, used);
    }

    private void readAddressIf(boolean used) {
        if (used) {
            readAddress();
        }
    }

    /** An operation with an immediate, or on one operand. */
    private void modify(int parts, boolean keepsOld, boolean downwards) {
        if (isMemory()) {
            readAddress();
            return;
        }
        RegisterSet to = part(rm(), parts);
        int used = upTo(to, parts);
        if (keepsOld && used != 0) {
            read(needed(rm(), parts, downwards ? parts : used));
        }
        write(to);
    }

    /** Operands that are only read. */
    private void look(int register, int parts) {
        if (!decoder.writesFlags() || needed.meets(FLAGS)) {
            read(part(register, parts));
        }
    }

    private void lookRm(int parts) {
        if (isMemory()) {
            readAddress();
        } else {
            look(rm(), parts);
        }
    }

    private void unknown() {
        readAddress();
        if (decoder.modRm() >= 0) {
            named(reg());
            if (!isMemory()) {
                named(rm());
            }
        }
    }

    private void named(int register) {
        RegisterSet either = RegisterSet.general(register).or(RegisterSet.vector(register));
        read(either);
        partial = partial.or(either);
    }

    // The one-byte map: SDM volume 2, appendix A, table A-2

    private void one() {
        int opcode = decoder.opcode();
        int parts = (opcode & 1) == 0 ? LOW : wide();
        int embedded = opcode & 7 | (decoder.extendsBase() ? 8 : 0);
        if (opcode < 0x40) {
            logic(opcode >> 3, opcode & 7);
            return;
        }
        switch (opcode) {
            case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 -> read(RegisterSet.general(embedded));
            case 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f -> write(RegisterSet.general(embedded));
            case 0x63 -> arithmetic(reg(), rm(), ALL, false);
            case 0x69, 0x6b -> arithmetic(reg(), rm(), wide(), false);
            case 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f ->
                read(FLAGS);
            case 0x80, 0x81, 0x83 -> immediate(opcode == 0x80 ? LOW : wide());
            case 0x84, 0x85 -> {
                lookRm(parts);
                look(reg(), parts);
            }
            case 0x86, 0x87 -> exchange(parts);
            case 0x88, 0x89 -> arithmetic(rm(), reg(), parts, false);
            case 0x8a, 0x8b -> arithmetic(reg(), rm(), parts, false);
            case 0x8c -> modify(wide(), false, false);
            case 0x8d -> lea();
            case 0x8e -> lookRm(WORD);
            case 0x8f -> modify(ALL, false, false);
            case 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> {
                if (embedded != RAX) {
                    read(RegisterSet.general(embedded).or(RegisterSet.general(RAX)));
                    write(RegisterSet.general(embedded, wide()).or(RegisterSet.general(RAX, wide())));
                }
            }
            case 0x98 -> {
                read(RegisterSet.general(RAX, wide() == WORD ? LOW : ALL));
                write(RegisterSet.general(RAX, wide()));
            }
            case 0x99 -> {
                read(RegisterSet.general(RAX, wide()));
                write(RegisterSet.general(RDX, wide()));
            }
            case 0x9c -> read(FLAGS);
            case 0x9e -> read(RegisterSet.general(RAX, HIGH));
            case 0x9f -> {
                read(FLAGS);
                write(RegisterSet.general(RAX, HIGH));
            }
            case 0xa0, 0xa1 -> write(RegisterSet.general(RAX, parts));
            case 0xa2, 0xa3, 0xe6, 0xe7 -> read(RegisterSet.general(RAX, parts));
            case 0xa4, 0xa5, 0xa6, 0xa7 -> string(RegisterSet.general(RSI).or(RegisterSet.general(RDI)), NONE);
            case 0xaa, 0xab, 0xae, 0xaf -> string(RegisterSet.general(RDI), RegisterSet.general(RAX, parts));
            case 0xac, 0xad -> {
                string(RegisterSet.general(RSI), NONE);
                write(RegisterSet.general(RAX, parts));
            }
            case 0xa8, 0xa9 -> look(RAX, parts);
            case 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7 -> write(byteOf(embedded));
            case 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf -> write(RegisterSet.general(embedded, wide()));
            case 0xc0, 0xc1, 0xd0, 0xd1 -> modify(parts, true, true);
            case 0xd2, 0xd3 -> {
                modify(parts, true, true);
                read(RegisterSet.general(RCX, LOW));
            }
            case 0xc6, 0xc7 -> {
                if (decoder.flow() == Flow.SEQUENTIAL) {
                    modify(parts, false, false);
                }
            }
            case 0xc9 -> {
                read(RegisterSet.general(RBP));
                write(RegisterSet.general(RBP).or(RegisterSet.general(RSP)));
            }
            case 0xd7 -> {
                read(RegisterSet.general(RBX).or(RegisterSet.general(RAX, LOW)));
                write(RegisterSet.general(RAX, LOW));
            }
            case 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf -> {
                readAddress();
                if (decoder.readsFlags()) {
                    read(FLAGS);
                }
                if (opcode == 0xdf && decoder.modRm() == 0xe0) {
                    write(RegisterSet.general(RAX, WORD));
                }
            }
            case 0xe0, 0xe1, 0xe2 -> {
                read(RegisterSet.general(RCX).or(decoder.readsFlags() ? FLAGS : NONE));
                write(RegisterSet.general(RCX));
            }
            case 0xe3 -> read(RegisterSet.general(RCX));
            case 0xe4, 0xe5, 0xec, 0xed -> {
                read(RegisterSet.general(RDX, WORD));
                write(RegisterSet.general(RAX, parts));
            }
            case 0xee, 0xef -> read(RegisterSet.general(RDX, WORD).or(RegisterSet.general(RAX, parts)));
            case 0xf5 -> read(FLAGS);
            case 0xf6, 0xf7 -> group3(parts);
            case 0xfe -> modify(parts, true, false);
            case 0xff -> {
                if (extension < 2) {
                    modify(parts, true, false);
                } else {
                    lookRm(ALL);
                }
            }
            default -> {
                if (decoder.modRm() >= 0) {
                    unknown();
                }
            }
        }
    }

    /** add or adc sbb and sub xor cmp. */
    private void logic(int operation, int form) {
        int parts = (form & 1) == 0 ? LOW : wide();
        int destination = form < 2 ? rm() : form < 4 ? reg() : RAX;
        int source = form < 2 ? reg() : form < 4 ? rm() : destination;
        boolean carry = operation == 2 || operation == 3;
        boolean same = form < 4 && destination == source;
        if (operation == 7) {
            if (form < 4 && isMemory()) {
                readAddress();
                look(reg(), parts);
            } else {
                look(destination, parts);
                look(source, parts);
            }
            return;
        }
        if (carry && upTo(destination < 0 ? NONE : part(destination, parts), parts) != 0 || carry && destination < 0) {
            read(FLAGS);
        }
        // What a register minus itself is does not depend on it.
        boolean idiom = same && (operation == 3 || operation == 5 || operation == 6);
        if (idiom) {
            write(part(destination, parts));
        } else {
            arithmetic(destination, source, parts, true);
        }
    }

    private void immediate(int parts) {
        if (extension == 7) {
            lookRm(parts);
            return;
        }
        if (extension == 2 || extension == 3) {
            read(FLAGS);
        }
        modify(parts, true, false);
    }

    private void exchange(int parts) {
        read(part(reg(), parts));
        write(part(reg(), parts));
        if (isMemory()) {
            readAddress();
        } else {
            read(part(rm(), parts));
            write(part(rm(), parts));
        }
    }

    private void lea() {
        RegisterSet to = part(reg(), wide());
        int used = upTo(to, wide());
        if (used != 0) {
            for (int i = 0; i < 16; i++) {
                if (address.partsOf(i) != 0) {
                    read(RegisterSet.general(i, used));
                }
            }
        }
        write(to);
    }

    private void string(RegisterSet pointers, RegisterSet value) {
        RegisterSet count = decoder.hasRepeatPrefix() ? RegisterSet.general(RCX) : NONE;
        read(pointers.or(value).or(count));
        write(pointers.or(count));
    }

    private void group3(int parts) {
        switch (extension) {
            case 0, 1 -> lookRm(parts);
            case 2, 3 -> modify(parts, true, false);
            default -> {
                boolean divides = extension >= 6;
                RegisterSet results = parts == LOW
                        ? RegisterSet.general(RAX, WORD)
                        : RegisterSet.general(RAX, parts).or(RegisterSet.general(RDX, parts));
                if (isMemory()) {
                    readAddress();
                } else {
                    read(part(rm(), parts));
                }
                read(RegisterSet.general(RAX, parts == LOW && divides ? WORD : parts));
                if (divides && parts != LOW) {
                    read(RegisterSet.general(RDX, parts));
                }
                write(results);
            }
        }
    }

    // The map 0f: table A-3

    private void x0f() {
        int opcode = decoder.opcode();
        if ((opcode & 0xf0) == 0x40) {
            read(FLAGS);
            arithmetic(reg(), rm(), wide(), true);
            return;
        }
        if ((opcode & 0xf0) == 0x80) {
            read(FLAGS);
            return;
        }
        if ((opcode & 0xf0) == 0x90) {
            read(FLAGS);
            modify(LOW, false, false);
            return;
        }
        if (opcode >= 0xc8 && opcode <= 0xcf) {
            int register = opcode & 7 | (decoder.extendsBase() ? 8 : 0);
            read(RegisterSet.general(register));
            write(RegisterSet.general(register));
            return;
        }
        switch (opcode) {
            case 0x05 -> {
                for (int register : new int[]{RAX, RDI, RSI, RDX, 10, 8, 9}) {
                    read(RegisterSet.general(register));
                }
                write(RegisterSet.general(RAX).or(RegisterSet.general(RCX)).or(RegisterSet.general(11)));
            }
            case 0x01 -> {
                // xgetbv
                if (decoder.modRm() >= 0xc0) {
                    read(RegisterSet.general(RCX));
                    write(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
                } else {
                    readAddress();
                }
            }
            case 0x0b, 0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x77 -> {
                if (opcode == 0x1e && decoder.hasRepeatPrefix() && extension == 1 && !isMemory()) {
                    // rdssp
                    partial = partial.or(RegisterSet.general(rm()));
                }
            }
            case 0x31, 0x33 -> write(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
            case 0xa2 -> {
                read(RegisterSet.general(RAX).or(RegisterSet.general(RCX)));
                for (int register : new int[]{RAX, RBX, RCX, RDX}) {
                    write(RegisterSet.general(register));
                }
            }
            case 0xa3 -> {
                lookRm(wide());
                look(reg(), wide());
            }
            case 0xab, 0xb3, 0xbb -> {
                read(RegisterSet.general(reg(), wide()));
                modify(wide(), true, true);
            }
            case 0xa4, 0xac, 0xa5, 0xad -> {
                read(RegisterSet.general(reg(), wide()));
                modify(wide(), true, true);
                if ((opcode & 1) != 0) {
                    read(RegisterSet.general(RCX, LOW));
                }
            }
            case 0xaf -> arithmetic(reg(), rm(), wide(), true);
            case 0xb0, 0xb1 -> {
                int parts = (opcode & 1) == 0 ? LOW : wide();
                read(part(reg(), parts).or(RegisterSet.general(RAX, parts)));
                modify(parts, true, true);
                write(RegisterSet.general(RAX, parts));
            }
            case 0xb6, 0xbe -> extend(LOW);
            case 0xb7, 0xbf -> extend(WORD);
            case 0xb8, 0xbc, 0xbd -> arithmetic(reg(), rm(), wide(), false);
            case 0xba -> {
                if (extension == 4) {
                    lookRm(wide());
                } else {
                    modify(wide(), true, true);
                }
            }
            case 0xc0, 0xc1 -> exchange((opcode & 1) == 0 ? LOW : wide());
            case 0xc3 -> arithmetic(rm(), reg(), wide(), false);
            case 0xc7 -> {
                readAddress();
                if (extension == 1) {
                    for (int register : new int[]{RAX, RBX, RCX, RDX}) {
                        read(RegisterSet.general(register));
                    }
                    write(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
                } else if (!isMemory()) {
                    write(RegisterSet.general(rm()));
                } else {
                    read(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
                }
            }
            case 0xae -> {
                readAddress();
                if (!isMemory() && decoder.hasRepeatPrefix()) {
                    unknown();
                } else if (isMemory() && extension >= 4) {
                    read(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
                }
            }
            default -> {
                if (decoder.modRm() >= 0) {
                    sse(opcode);
                }
            }
        }
    }

    private void extend(int from) {
        RegisterSet to = RegisterSet.general(reg(), wide());
        if (upTo(to, wide()) != 0) {
            if (isMemory()) {
                readAddress();
            } else {
                read(part(rm(), from));
            }
        }
        write(to);
    }

    // Vector instructions

    private int evexPayload(byte[] code, int at) {
        int i = at;
        while (Prefixes.ofByte(code[i] & 0xff) != 0) {
            i++;
        }
        return (code[i + 1] & 0xff) | (code[i + 2] & 0xff) << 8 | (code[i + 3] & 0xff) << 16;
    }

    private int vvvv(byte[] code, int at) {
        byte[] instruction = java.util.Arrays.copyOfRange(code, at, at + decoder.length());
        int low = decoder.vectorRegister(instruction);
        return evex != 0 && (evex >> 16 & 8) == 0 ? low | 16 : low;
    }

    private int vectorReg() {
        return evex != 0 && (evex & 0x10) == 0 ? reg() | 16 : reg();
    }

    private int vectorRm() {
        return evex != 0 && (evex & 0x40) == 0 ? rm() | 16 : rm();
    }

    /** Whether the instruction leaves elements of its destination as they are (SDM volume 2, section 2.7.6). */
    private boolean isMasked() {
        return evex != 0 && (evex >> 16 & 7) != 0;
    }

    private void readMask() {
        if (isMasked()) {
            read(RegisterSet.mask(evex >> 16 & 7));
        }
    }

    private void readVectorRm(int parts) {
        if (isMemory()) {
            readAddress();
        } else {
            read(RegisterSet.vector(vectorRm(), parts));
        }
    }

    /** How many bytes a scalar of the instruction has, as parts: 0 if it is no scalar. */
    private int scalar() {
        return decoder.mandatory() == 2 ? LOW : decoder.mandatory() == 3 ? WORD : 0;
    }

    /** {@code destination = f(destination?, source)} in two-operand vector instructions. */
    private void merge(int written, boolean keepsOld, int sourceParts) {
        RegisterSet to = RegisterSet.vector(reg(), written);
        boolean used = needed.meets(to) || needed.meets(FLAGS) && decoder.writesFlags();
        if (used) {
            boolean same = !isMemory() && rm() == reg() && isIdiom();
            if (!same) {
                readVectorRm(sourceParts);
            }
            if (keepsOld && !same) {
                read(RegisterSet.vector(reg(), written));
            }
        }
        write(to);
    }

    /** xorps, pxor, pandn, psub and pcmpeq of a register with itself do not depend on it. */
    private boolean isIdiom() {
        int opcode = decoder.opcode();
        return switch (decoder.opcodeMap()) {
            case X0F, VEX_0F, EVEX_0F -> opcode == 0x57 || opcode == 0x55 || opcode == 0xef || opcode == 0xdf
                    || opcode >= 0x74 && opcode <= 0x76 || opcode >= 0xf8 && opcode <= 0xfb
                    || opcode >= 0x64 && opcode <= 0x66;
            default -> false;
        };
    }

    private void sse(int opcode) {
        int prefix = decoder.mandatory();
        boolean mmx = prefix == 0 && (opcode >= 0x60 && opcode <= 0x7f || opcode >= 0xd1 && opcode != 0xf0
                || opcode == 0xc4 || opcode == 0xc5);
        switch (opcode) {
            case 0x10, 0x28, 0x6f -> {
                if (mmx) {
                    readAddress();
                } else if (opcode == 0x10 && prefix >= 2 && !isMemory()) {
                    copy(scalar());
                } else {
                    copy(ALL);
                }
            }
            case 0x11, 0x29, 0x7f -> {
                if (mmx) {
                    readAddress();
                } else {
                    store(opcode == 0x11 && prefix >= 2 ? scalar() : ALL, opcode == 0x11 && prefix >= 2);
                }
            }
            case 0x12 -> {
                if (prefix >= 2) {
                    merge(ALL, false, ALL);
                } else if (isMemory()) {
                    merge(WORD, false, ALL);
                } else {
                    // movhlps
                    if (needed.meets(RegisterSet.vector(reg(), WORD))) {
                        read(RegisterSet.vector(rm(), 0b100));
                    }
                    write(RegisterSet.vector(reg(), WORD));
                }
            }
            case 0x16 -> {
                if (prefix >= 2) {
                    merge(ALL, false, ALL);
                } else {
                    if (needed.meets(RegisterSet.vector(reg(), 0b100))) {
                        readVectorRm(WORD);
                    }
                    write(RegisterSet.vector(reg(), 0b100));
                }
            }
            case 0x13 -> store(WORD, false);
            case 0x17 -> store(0b100, false);
            case 0x14 -> {
                // unpcklps: the first part comes from the first part of the destination
                RegisterSet to = RegisterSet.vector(reg());
                if (needed.meets(to)) {
                    boolean more = prefix == 1 || needed.meets(RegisterSet.vector(reg(), 0b100));
                    if (prefix == 0 && !isMemory() && rm() == reg()
                            && !needed.meets(RegisterSet.vector(reg(), 0b100))) {
                        read(RegisterSet.vector(reg(), LOW));
                    } else {
                        readVectorRm(more ? WORD : LOW);
                        read(RegisterSet.vector(reg(), more ? WORD : LOW));
                    }
                }
                write(to);
            }
            case 0x2a -> {
                // cvtsi2ss, cvtsi2sd: the source is a general register
                if (prefix >= 2) {
                    RegisterSet to = RegisterSet.vector(reg(), scalar());
                    if (needed.meets(to)) {
                        if (isMemory()) {
                            readAddress();
                        } else {
                            read(RegisterSet.general(rm()));
                        }
                    }
                    write(to);
                } else {
                    merge(WORD, false, 0);
                }
            }
            case 0x2b, 0xe7 -> store(mmx ? 0 : ALL, false);
            case 0x2c, 0x2d -> {
                if (prefix >= 2) {
                    toGeneral(scalar());
                } else {
                    readVectorRm(WORD);
                }
            }
            case 0x2e, 0x2f -> {
                int parts = prefix == 1 ? WORD : LOW;
                readVectorRm(parts);
                read(RegisterSet.vector(reg(), parts));
            }
            case 0x50, 0xd7, 0xc5 -> {
                if (mmx) {
                    write(RegisterSet.general(reg()));
                } else {
                    toGeneral(ALL);
                }
            }
            case 0x51, 0x52, 0x53 -> merge(prefix >= 2 ? scalar() : ALL, false, prefix >= 2 ? scalar() : ALL);
            case 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0xc2 ->
                merge(prefix >= 2 ? scalar() : ALL, true, prefix >= 2 ? scalar() : ALL);
            case 0x5a -> {
                // cvtss2sd and cvtsd2ss change the size; cvtps2pd takes half a register
                int written = prefix == 2 ? WORD : prefix == 3 ? LOW : ALL;
                merge(written, false, prefix == 2 ? LOW : prefix == 3 ? WORD : prefix == 0 ? WORD : ALL);
            }
            case 0x5b, 0x70, 0xe6 -> {
                if (mmx) {
                    readAddress();
                } else {
                    merge(ALL, false,
                            opcode == 0xe6 && prefix == 2 || opcode == 0x70 && broadcastsFirst() ? WORD : ALL);
                }
            }
            case 0x6e -> {
                if (mmx) {
                    lookRm(ALL);
                } else {
                    RegisterSet to = RegisterSet.vector(reg());
                    if (needed.meets(to)) {
                        lookRm(ALL);
                    }
                    write(to);
                }
            }
            case 0x7e -> {
                if (prefix == 2) {
                    RegisterSet to = RegisterSet.vector(reg());
                    if (needed.meets(to)) {
                        readVectorRm(WORD);
                    }
                    write(to);
                } else if (isMemory()) {
                    readAddress();
                    read(mmx ? NONE : RegisterSet.vector(reg(), decoder.isWide() ? WORD : LOW));
                } else {
                    if (!mmx && needed.meets(RegisterSet.general(rm()))) {
                        read(RegisterSet.vector(reg(), decoder.isWide() ? WORD : LOW));
                    }
                    write(RegisterSet.general(rm()));
                }
            }
            case 0x71, 0x72, 0x73 -> {
                if (!mmx) {
                    RegisterSet to = RegisterSet.vector(rm());
                    if (needed.meets(to)) {
                        read(to);
                    }
                    write(to);
                }
            }
            case 0x7c, 0x7d, 0xd0 -> merge(ALL, true, ALL);
            case 0xc4 -> {
                lookRm(ALL);
                if (!mmx) {
                    RegisterSet to = RegisterSet.vector(reg());
                    read(needed.and(to));
                    partial = partial.or(to);
                }
            }
            case 0xd6 -> {
                if (prefix == 1) {
                    store(WORD, false);
                } else {
                    unknown();
                }
            }
            case 0xf7 -> {
                read(RegisterSet.general(RDI));
                if (!mmx) {
                    read(RegisterSet.vector(reg()).or(RegisterSet.vector(rm())));
                }
            }
            case 0xf0 -> merge(ALL, false, ALL);
            default -> {
                boolean known = opcode >= 0x14 && opcode <= 0x15 || opcode >= 0x54 && opcode <= 0x6d
                        || opcode >= 0x74 && opcode <= 0x76 || opcode == 0xc6 || opcode >= 0xd1 && opcode <= 0xfe;
                if (mmx) {
                    readAddress();
                } else if (known) {
                    merge(ALL, true, ALL);
                } else {
                    unknown();
                }
            }
        }
    }

    private boolean broadcastsFirst() {
        return decoder.mandatory() == 1 && decoder.immediate() == 0;
    }

    /** {@code movaps} and the like between registers, part by part. */
    private void copy(int parts) {
        RegisterSet to = RegisterSet.vector(reg(), parts);
        int wanted = needed.vectorPartsOf(reg()) & parts;
        if (wanted != 0) {
            readVectorRm(wanted);
        }
        write(to);
    }

    private void store(int parts, boolean merges) {
        if (isMemory()) {
            readAddress();
            read(RegisterSet.vector(reg(), parts));
        } else {
            RegisterSet to = RegisterSet.vector(rm(), merges ? parts : ALL);
            int wanted = needed.vectorPartsOf(rm()) & parts;
            read(RegisterSet.vector(reg(), wanted));
            write(to);
        }
    }

    private void toGeneral(int parts) {
        RegisterSet to = RegisterSet.general(reg());
        if (needed.meets(to)) {
            readVectorRm(parts);
        }
        write(to);
    }

    private void x38() {
        int opcode = decoder.opcode();
        if (opcode >= 0xf0) {
            // movbe crc32 adcx adox
            readAddress();
            if (decoder.readsFlags()) {
                read(FLAGS);
            }
            unknown();
        } else if (opcode >= 0x1c && opcode <= 0x35 && (opcode & 0xf) < 0xf && opcode != 0x28 && opcode != 0x29
                && opcode != 0x2b || opcode == 0x41) {
            merge(ALL, false, ALL);
        } else if (opcode == 0x17) {
            readVectorRm(ALL);
            read(RegisterSet.vector(reg()));
        } else {
            if (opcode == 0x10 || opcode == 0x14 || opcode == 0x15 || opcode == 0xcb) {
                read(RegisterSet.vector(0));
            }
            merge(ALL, true, ALL);
        }
    }

    private void x3a() {
        int opcode = decoder.opcode();
        switch (opcode) {
            case 0x08, 0x09 -> merge(ALL, false, ALL);
            case 0x0a -> merge(LOW, false, LOW);
            case 0x0b -> merge(WORD, false, WORD);
            case 0x14, 0x15, 0x16, 0x17 -> {
                readAddress();
                read(RegisterSet.vector(reg()));
                if (!isMemory()) {
                    write(RegisterSet.general(rm()));
                }
            }
            case 0x20, 0x22 -> {
                lookRm(ALL);
                read(needed.and(RegisterSet.vector(reg())));
                partial = partial.or(RegisterSet.vector(reg()));
            }
            case 0x60, 0x61, 0x62, 0x63 -> {
                readVectorRm(ALL);
                read(RegisterSet.vector(reg()));
                if (opcode < 0x62) {
                    read(RegisterSet.general(RAX).or(RegisterSet.general(RDX)));
                }
                write((opcode & 1) == 0 ? RegisterSet.vector(0) : RegisterSet.general(RCX));
            }
            default -> merge(ALL, true, ALL);
        }
    }

    // VEX and EVEX: the destination is overwritten as a whole

    private void vectorTo(RegisterSet to, boolean keepsOld, RegisterSet first, boolean readsRm) {
        readMask();
        if (needed.meets(to) || needed.meets(FLAGS) && decoder.writesFlags()) {
            if (readsRm) {
                boolean same = !isMemory() && isIdiom() && first.equals(RegisterSet.vector(vectorRm()));
                if (!same) {
                    readVectorRm(ALL);
                    read(first);
                }
            } else {
                read(first);
            }
            if (keepsOld || isMasked()) {
                read(to);
            }
        }
        if (isMasked()) {
            partial = partial.or(to);
        } else {
            write(to);
        }
    }

    private void vectorStore() {
        if (isMemory()) {
            readMask();
            readAddress();
            read(RegisterSet.vector(vectorReg()));
        } else {
            RegisterSet to = RegisterSet.vector(vectorRm());
            read(needed.meets(to) ? RegisterSet.vector(vectorReg()) : NONE);
            write(to);
        }
    }

    private void vector0f(int vvvv) {
        int opcode = decoder.opcode();
        RegisterSet reg = RegisterSet.vector(vectorReg());
        RegisterSet second = vvvv < 0 ? NONE : RegisterSet.vector(vvvv);
        boolean unary = decoder.isUnaryVector() || evex != 0 && isUnaryMove(opcode);
        switch (opcode) {
            case 0x11, 0x29, 0x7f, 0xd6 -> {
                if (opcode == 0x11 && !isMemory() && !unary) {
                    read(second);
                }
                vectorStore();
            }
            case 0x13, 0x17, 0x2b, 0xe7 -> vectorStore();
            case 0x2a -> {
                // The upper part comes from the second register: compilers take any that is at hand.
                if (needed.meets(reg)) {
                    lookRm(ALL);
                    if (needed.meets(RegisterSet.vector(vectorReg(), 0b100))) {
                        read(second);
                    }
                }
                write(reg);
            }
            case 0x2c, 0x2d, 0x50, 0xd7, 0xc5 -> {
                RegisterSet to = RegisterSet.general(reg());
                if (needed.meets(to)) {
                    readVectorRm(ALL);
                }
                write(to);
            }
            case 0x2e, 0x2f -> {
                readVectorRm(ALL);
                read(reg);
            }
            case 0x6e -> {
                if (needed.meets(reg)) {
                    lookRm(ALL);
                }
                write(reg);
            }
            case 0x7e -> {
                if (decoder.mandatory() == 2) {
                    vectorTo(reg, false, NONE, true);
                } else {
                    readAddress();
                    read(reg);
                    if (!isMemory()) {
                        write(RegisterSet.general(rm()));
                    }
                }
            }
            case 0xc4 -> {
                lookRm(ALL);
                read(second);
                write(reg);
            }
            case 0x71, 0x72, 0x73 -> {
                RegisterSet to = second;
                if (needed.meets(to)) {
                    readVectorRm(ALL);
                }
                write(to);
            }
            case 0x77 -> {
                // vzeroall; vzeroupper leaves what legacy code sees
                if (decoder.modRm() < 0 && decoder.isLong()) {
                    for (int i = 0; i < 16; i++) {
                        write(RegisterSet.vector(i));
                    }
                }
            }
            case 0x41, 0x42, 0x44, 0x45, 0x46, 0x47, 0x4a, 0x4b, 0x90, 0x91, 0x92, 0x93, 0x98, 0x99 ->
                masks(opcode, vvvv);
            case 0x51, 0x52, 0x53, 0x58, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f -> {
                if (decoder.mandatory() >= 2 && !unary && !isMasked() && needed.meets(reg)) {
                    boolean two = opcode >= 0x58 && opcode != 0x5a;
                    boolean upper = needed.meets(RegisterSet.vector(vectorReg(), 0b100));
                    readVectorRm(WORD);
                    read(upper ? second : two ? second.and(lowOf(vvvv)) : NONE);
                    write(reg);
                } else {
                    vectorTo(reg, false, unary ? NONE : second, true);
                }
            }
            default -> vectorTo(reg, false, unary ? NONE : second, true);
        }
    }

    /** The tables do not say of EVEX which instructions have no second operand. */
    private boolean isUnaryMove(int opcode) {
        return switch (opcode) {
            case 0x28, 0x5b, 0x6f, 0x70, 0xe6 -> true;
            case 0x10, 0x51, 0x5a -> decoder.mandatory() < 2 || isMemory();
            case 0x12, 0x16 -> decoder.mandatory() >= 2;
            default -> false;
        };
    }

    private static RegisterSet lowOf(int register) {
        return register < 0 ? NONE : RegisterSet.vector(register, WORD);
    }

    private void masks(int opcode, int vvvv) {
        RegisterSet rm = isMemory() ? address : RegisterSet.mask(rm() & 7);
        RegisterSet reg = RegisterSet.mask(reg() & 7);
        switch (opcode) {
            case 0x92 -> {
                lookRm(ALL);
                write(reg);
            }
            case 0x93 -> {
                read(RegisterSet.mask(rm() & 7));
                write(RegisterSet.general(reg()));
            }
            case 0x91 -> read(address.or(reg));
            case 0x98, 0x99 -> read(rm.or(reg));
            default -> {
                read(rm);
                if (opcode != 0x44 && opcode != 0x90 && vvvv >= 0) {
                    read(RegisterSet.mask(vvvv & 7));
                }
                write(reg);
            }
        }
    }

    private void vector38(int vvvv) {
        int opcode = decoder.opcode();
        RegisterSet reg = RegisterSet.vector(vectorReg());
        RegisterSet second = vvvv < 0 ? NONE : RegisterSet.vector(vvvv);
        if (opcode >= 0xf0 && decoder.opcodeMap() != OpcodeMap.EVEX_5 && decoder.opcodeMap() != OpcodeMap.EVEX_6) {
            bits(opcode, vvvv);
        } else if (opcode >= 0x96 && opcode <= 0xbf && (opcode & 0xf) >= 6) {
            // fused multiply-add
            vectorTo(reg, true, second, true);
        } else if (opcode == 0x2e || opcode == 0x2f || opcode == 0x8e || opcode >= 0xa0 && opcode <= 0xa3) {
            read(second.or(reg));
            readMask();
            readAddress();
        } else if (opcode >= 0x90 && opcode <= 0x93) {
            read(second.or(reg));
            readMask();
            readAddress();
            partial = partial.or(reg).or(second);
        } else if (evex != 0) {
            readMask();
            unknown();
            read(second.or(reg));
            partial = partial.or(reg).or(isMemory() ? NONE : RegisterSet.vector(vectorRm()))
                    .or(RegisterSet.mask(reg() & 7));
            if (!isMemory()) {
                read(RegisterSet.vector(vectorRm()));
            }
        } else if (opcode == 0x17 || opcode == 0x0e || opcode == 0x0f) {
            readVectorRm(ALL);
            read(reg);
        } else {
            vectorTo(reg, opcode >= 0x50 && opcode <= 0x53, decoder.isUnaryVector() ? NONE : second, true);
        }
    }

    /** andn bls bzhi pext pdep mulx bextr shlx sarx shrx. */
    private void bits(int opcode, int vvvv) {
        RegisterSet to = opcode == 0xf3 ? RegisterSet.general(vvvv) : RegisterSet.general(reg());
        boolean used = needed.meets(to) || opcode == 0xf6 || needed.meets(FLAGS) && decoder.writesFlags();
        if (used) {
            if (isMemory()) {
                readAddress();
            } else {
                read(RegisterSet.general(rm()));
            }
            if (opcode == 0xf6) {
                read(RegisterSet.general(RDX));
            } else if (opcode != 0xf3) {
                read(RegisterSet.general(vvvv));
            }
        }
        write(to);
        if (opcode == 0xf6) {
            write(RegisterSet.general(vvvv));
        }
    }

    private void vector3a(int vvvv, byte[] code, int at) {
        int opcode = decoder.opcode();
        RegisterSet reg = RegisterSet.vector(vectorReg());
        RegisterSet second = vvvv < 0 ? NONE : RegisterSet.vector(vvvv);
        switch (opcode) {
            case 0xf0 -> arithmetic(reg(), rm(), ALL, false);
            case 0x14, 0x15, 0x16, 0x17 -> {
                readAddress();
                read(reg);
                if (!isMemory()) {
                    write(RegisterSet.general(rm()));
                }
            }
            case 0x19, 0x39, 0x1d, 0x1b, 0x3b -> vectorStore();
            case 0x20, 0x22 -> {
                lookRm(ALL);
                read(second);
                write(reg);
            }
            case 0x60, 0x61, 0x62, 0x63 -> x3a();
            default -> {
                if (evex != 0) {
                    readMask();
                    unknown();
                    read(second.or(reg));
                    partial = partial.or(reg).or(RegisterSet.mask(reg() & 7));
                    if (!isMemory()) {
                        read(RegisterSet.vector(vectorRm()));
                    }
                } else {
                    if (opcode >= 0x48 && opcode <= 0x7f && (opcode < 0x60 || opcode > 0x63)) {
                        read(RegisterSet.vector(code[at + decoder.length() - 1] >> 4 & 15));
                    }
                    vectorTo(reg, false, decoder.isUnaryVector() ? NONE : second, true);
                }
            }
        }
    }
}
