package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.text.Fields.Kind;
import dev.pulpo.x86.text.InstructionTable.Line;
import dev.pulpo.x86.text.Operand.Immediate;
import dev.pulpo.x86.text.Operand.Masked;
import dev.pulpo.x86.text.Operand.Memory;
import dev.pulpo.x86.text.Operand.One;
import dev.pulpo.x86.text.Operand.Port;
import dev.pulpo.x86.text.Operand.Register;
import dev.pulpo.x86.text.Operand.Rounding;
import dev.pulpo.x86.text.Operand.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the operands of an instruction as its line in {@code instructions.txt} says. */
final class OperandReader {
    private static final List<String> ROUNDING = List.of("rn-sae", "rd-sae", "ru-sae", "rz-sae");

    private final Fields f;
    private final Line line;
    private final Decoder decoder;
    private final byte[] code;
    private final CodeAddress address;
    private final List<Operand> operands = new ArrayList<>();
    private boolean namesV;

    OperandReader(Fields fields, Line line, Decoder decoder, byte[] code, CodeAddress address) {
        this.f = fields;
        this.line = line;
        this.decoder = decoder;
        this.code = code;
        this.address = address;
    }

    List<Operand> operands() {
        return List.copyOf(operands);
    }

    void dropImmediate() {
        if (operands.getLast() instanceof Immediate) {
            operands.removeLast();
        }
    }

    /** Whether the operands are understood. */
    boolean read() {
        for (String token : line.operands) {
            Operand operand = operand(token);
            if (operand == null) {
                return false;
            }
            operands.add(operand);
        }
        boolean vectorUnused = namesV || f.kind == Kind.LEGACY || (f.vvvv == 0 && !f.highV);
        return vectorUnused && (f.kind != Kind.EVEX || evex());
    }

    private boolean has(String tag) {
        return line.tags.contains(tag);
    }

    /** Masks, rounding and broadcast (SDM volume 2, section 2.7). */
    private boolean evex() {
        boolean gather = has("yk");
        if (f.mask != 0 && has("nk") || gather && f.mask == 0 || f.zeroes && f.mask == 0) {
            return false;
        }
        if (f.bit && f.isRegister()) {
            if (!has("er") && !has("sae")) {
                return false;
            }
            int place = operands.size();
            while (operands.get(place - 1) instanceof Immediate) {
                place--;
            }
            operands.add(place, new Rounding(has("er") ? ROUNDING.get(f.vectorLength) : "sae"));
        }
        if (f.bit && !f.isRegister() && element() == 0) {
            return false;
        }
        if (f.mask != 0 || f.zeroes) {
            operands.set(0, new Masked(operands.getFirst(), f.mask, f.zeroes));
        }
        return true;
    }

    private @Nullable Operand operand(String token) {
        char kind = token.charAt(0);
        String type = token.substring(1);
        return switch (token) {
            case "al", "cl", "ax", "fs", "gs", "xmm0" -> new Register(token);
            case "dx" -> new Port("dx");
            case "rAX" -> new Register(Registers.general(0, size("v")));
            case "eAX" -> new Register(Registers.general(0, size("z")));
            case "1" -> new One();
            case "st" -> new Register("st");
            case "sti" -> new Register("st(" + f.rm() + ")");
            case "xlat" -> string("rbx", "ds", 1);
            case "bnd" -> bound(f.reg(), Fields.R);
            case "Ebnd" -> f.isRegister() ? bound(f.rm(), Fields.B) : memory(0, false, 0);
            case "K" -> f.rex(Fields.R) || f.highR ? null : new Register("k" + f.reg());
            case "k" -> f.isRegister() ? new Register("k" + f.rm()) : null;
            case "kw", "kb", "kd", "kq" -> f.isRegister() ? new Register("k" + f.rm()) : memory(size(type), false, 0);
            case "q" -> mask();
            case "T" -> new Register("tmm" + f.reg());
            case "t" -> new Register("tmm" + f.rm());
            case "h" -> tile();
            default -> switch (kind) {
                case 'E' -> f.isRegister()
                        ? general(f.rm() | bit(Fields.B, 8), registerSize(type))
                        : memory(memorySize(type), false, 0);
                case 'M' -> f.isRegister() ? null : memory(memorySize(type), false, 0);
                case 'A' -> f.isRegister() ? null : memory(size("W"), true, size(type));
                case 'R' -> f.isRegister() ? general(f.rm() | bit(Fields.B, 8), registerSize(type)) : null;
                case 'G' -> f.highR ? null : general(f.reg() | bit(Fields.R, 8), registerSize(type));
                case 'B' -> {
                    namesV = true;
                    yield f.highV ? null : general(f.vvvv, registerSize(type));
                }
                case 'Z' -> general(f.opcode & 7 | bit(Fields.B, 8), registerSize(type));
                case 'C' -> type.equals("r")
                        ? general(f.rm() | bit(Fields.B, 8), 8)
                        : new Register("cr" + (f.reg() | bit(Fields.R, 8)));
                case 'D' -> new Register("dr" + (f.reg() | bit(Fields.R, 8)));
                case 'S' -> new Register(Registers.segment(f.reg()));
                case 'V' -> new Register(Registers.vector(f.reg() | bit(Fields.R, 8) | (f.highR ? 16 : 0), size(type)));
                case 'H' -> {
                    namesV = true;
                    yield new Register(Registers.vector(f.vvvv | (f.highV ? 16 : 0), size(type)));
                }
                case 'L' -> new Register(Registers.vector(code[code.length - 1] >> 4 & 15, size(type)));
                case 'U' -> f.isRegister() ? vectorOfRm(type) : null;
                case 'W' -> f.isRegister() ? vectorOfRm(type) : memory(memorySize(type), false, 0);
                case 'P' -> multimedia(f.reg(), Fields.R, type);
                case 'N' -> f.isRegister() ? multimedia(f.rm(), Fields.B, type) : null;
                case 'Q' -> f.isRegister()
                        ? multimedia(f.rm(), Fields.B, type)
                        : memory(type.equals("x") ? f.mandatory == 1 ? 16 : 8 : size(type), false, 0);
                case 'I' -> immediate(type);
                case 'J' -> new Target(address.plus(code.length + decoder.branchDisplacement()));
                case 'O' -> offset();
                case 'X' -> string("rsi", "ds", size(type));
                case 'Y' -> string("rdi", "es", size(type));
                default -> throw new IllegalStateException("no operand is called " + token);
            };
        };
    }

    /** There are four of them. */
    private @Nullable Operand bound(int number, int rexBit) {
        return number > 3 || f.rex(rexBit) ? null : new Register("bnd" + number);
    }

    private @Nullable Operand mask() {
        namesV = true;
        return f.vvvv > 7 ? null : new Register("k" + f.vvvv);
    }

    private @Nullable Operand tile() {
        namesV = true;
        return f.vvvv > 7 ? null : new Register("tmm" + f.vvvv);
    }

    private int bit(int rexBit, int value) {
        return f.rex(rexBit) ? value : 0;
    }

    private Operand general(int number, int size) {
        return new Register(
                size == 1 ? Registers.ofByte(number, number < 4 || f.hasRex()) : Registers.general(number, size));
    }

    private Operand vectorOfRm(String type) {
        int high = f.kind == Kind.EVEX ? bit(Fields.X, 16) : 0;
        return new Register(Registers.vector(f.rm() | bit(Fields.B, 8) | high, size(type)));
    }

    private Operand multimedia(int number, int rexBit, String type) {
        return type.equals("x") && f.mandatory == 1
                ? new Register(Registers.vector(number | bit(rexBit, 8), 16))
                : new Register("mm" + number);
    }

    private int registerSize(String type) {
        return switch (type) {
            case "r" -> size("v");
            case "bd", "wd" -> 4;
            default -> size(type);
        };
    }

    private int memorySize(String type) {
        return switch (type) {
            case "r", "wd" -> 2;
            case "bd" -> 1;
            default -> size(type);
        };
    }

    private int size(String type) {
        int vector = f.kind == Kind.EVEX && f.bit && f.isRegister() ? 64 : 16 << f.vectorLength;
        return switch (type) {
            case "" -> 0;
            case "b" -> 1;
            case "w" -> 2;
            case "d" -> 4;
            case "q" -> 8;
            case "t" -> 10;
            case "p" -> {
                f.use(0x66);
                yield f.has(0x66) ? 4 : 6;
            }
            case "dq" -> 16;
            case "qq" -> 32;
            case "zz" -> 64;
            case "o" -> Registers.OCTOWORD;
            case "v" -> f.wide() ? 8 : f.word() ? 2 : 4;
            case "z" -> f.word() ? 2 : 4;
            case "y", "W" -> f.wide() ? 8 : 4;
            case "s" -> f.word() ? 2 : 8;
            case "a" -> f.shortAddress() ? 4 : 8;
            case "x" -> vector;
            case "h" -> vector / 2;
            case "f" -> vector / 4;
            case "e" -> vector / 8;
            case "P" -> f.mandatory == 2 ? 4 : f.mandatory == 3 ? 8 : vector;
            default -> throw new IllegalStateException("no type is called " + type);
        };
    }

    private Immediate immediate(String type) {
        long value = decoder.immediate();
        return new Immediate(switch (type) {
            case "b" -> value & 0xff;
            case "w" -> value & 0xffff;
            case "d" -> value & 0xffff_ffffL;
            case "2" -> code[code.length - 1] & 0xff;
            case "4" -> value & 0xf;
            case "q", "bq" -> value;
            default -> cut(value, size("v"));
        });
    }

    private static long cut(long value, int size) {
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    private Operand offset() {
        boolean small = f.has(0x67);
        return new Memory(segment(), Optional.empty(), Optional.empty(), 1,
                small ? decoder.immediate() & 0xffff_ffffL : decoder.immediate(), true, 0, 0, false);
    }

    private Operand string(String register, String usual, int size) {
        String base = f.shortAddress() ? "e" + register.substring(1) : register;
        if (usual.equals("ds")) {
            f.use(f.segment());
        }
        Optional<String> segment = usual.equals("es") ? Optional.of("es") : Optional.of(segment().orElse(usual));
        return new Memory(segment, Optional.of(base), Optional.empty(), 1, 0, false, size, 0, false);
    }

    /** The segment whose base counts in 64-bit mode. */
    private Optional<String> segment() {
        int segment = f.segmentWithBase();
        if (segment == 0) {
            return Optional.empty();
        }
        f.use(f.segment());
        return Optional.of(segment == 0x64 ? "fs" : "gs");
    }

    /** How many bytes an element has that may be broadcast; 0 if none may. */
    private int element() {
        return has("bc2")
                ? 2
                : has("bc4")
                        ? 4
                        : has("bc8")
                                ? 8
                                : !has("bc")
                                        ? 0
                                        : line.att.contains("@")
                                                ? f.mandatory > 1 ? 0 : f.mandatory == 1 ? 8 : 4
                                                : f.wide() ? 8 : 4;
    }

    private int unit(int size) {
        return has("nB") ? f.wide() ? 2 : 1 : has("nW") ? f.wide() ? 8 : 4 : size == Registers.OCTOWORD ? 16 : size;
    }

    /**
     * The memory operand (SDM volume 2, tables 2-2 and 2-3).
     *
     * @param vectorIndex whether the index is a vector of {@code indexSize} bytes
     */
    private Memory memory(int operandSize, boolean vectorIndex, int indexSize) {
        boolean broadcast = f.kind == Kind.EVEX && f.bit && element() != 0;
        int size = broadcast ? element() : operandSize;
        int copies = broadcast ? operandSize / size : 0;
        int addressSize = f.shortAddress() ? 4 : 8;
        boolean hasSib = f.rm() == 4;
        int mod = f.modRm >> 6;
        Optional<String> base = Optional.empty();
        Optional<String> index = Optional.empty();
        long displacement = decoder.displacement();
        if (f.kind == Kind.EVEX && decoder.displacementSize() == 1) {
            displacement *= unit(size);
        }
        if (hasSib) {
            int baseNumber = f.sib & 7 | bit(Fields.B, 8);
            if (mod != 0 || (baseNumber & 7) != 5) {
                base = Optional.of(Registers.general(baseNumber, addressSize));
            }
            index = index(vectorIndex, indexSize, addressSize, base.isPresent());
        } else if (mod == 0 && f.rm() == 5) {
            base = Optional.of(addressSize == 4 ? "eip" : "rip");
            f.rex(Fields.B);
        } else {
            base = Optional.of(Registers.general(f.rm() | bit(Fields.B, 8), addressSize));
        }
        return new Memory(segment(), base, index, 1 << (hasSib ? f.sib >> 6 : 0), displacement,
                decoder.displacementSize() != 0, size, copies, copies != 0 && line.att.contains("*"));
    }

    private Optional<String> index(boolean vector, int size, int addressSize, boolean hasBase) {
        int number = f.sib >> 3 & 7 | bit(Fields.X, 8);
        if (vector) {
            boolean high = f.kind == Kind.EVEX && f.highV;
            namesV |= f.kind == Kind.EVEX;
            return Optional.of(Registers.vector(number | (high ? 16 : 0), size));
        }
        if (number != 4) {
            return Optional.of(Registers.general(number, addressSize));
        }
        // An index that is none is written where the encoding needs no SIB byte, or has a factor.
        boolean needless = hasBase ? (f.sib & 7) != 4 : addressSize == 4;
        return f.sib >> 6 != 0 || needless ? Optional.of(addressSize == 4 ? "eiz" : "riz") : Optional.empty();
    }
}
