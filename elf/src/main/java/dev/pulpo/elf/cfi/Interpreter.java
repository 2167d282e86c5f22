package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.ByteCursor;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Executes the instructions of one entry (DWARF 5, 6.4.2) and reports every row that they make. The state is one array of
 * {@link PackedRule}s: a rule for each register of the register file, then the rule for the CFA.
 */
final class Interpreter {
    /** Where in a state the rule for the CFA is. */
    static final int CFA = DwarfRegisters.COUNT;
    /** How many rules make a state. */
    static final int STATE_SIZE = DwarfRegisters.COUNT + 1;

    /** Where the interpreter keeps the last CFA rule of register and offset: after the public part of a state. */
    private static final int LAST_CFA_REGISTER = STATE_SIZE;
    private static final int FULL_SIZE = STATE_SIZE + 1;

    /** GCC nests them twice at most; the limit protects the heap. */
    private static final int DEEPEST_REMEMBERED = 256;

    /** Takes rows in the order of their addresses. The state is reused, so copy it. */
    @FunctionalInterface
    interface RowSink {
        void row(long start, long end, long[] state);
    }

    private final CommonEntry common;
    private final CfiSection section;
    private final ExpressionPool expressions;
    private final long[] state = new long[FULL_SIZE];
    private final Deque<long[]> remembered = new ArrayDeque<>();
    private long @Nullable [] initial;

    Interpreter(CfiSection section, CommonEntry common, ExpressionPool expressions) {
        this.section = section;
        this.common = common;
        this.expressions = expressions;
    }

    /** The state after the CIE's own instructions, for any function that refers to it. */
    long[] initialState() {
        run(section.until(common.instructionsPosition() + common.instructionsLength())
                .position(common.instructionsPosition()), 0, 0, (start, end, row) -> {});
        return state.clone();
    }

    /** Executes a function's instructions; the rows cover it without gaps. */
    void run(FunctionEntry function, long[] initialState, RowSink sink) {
        System.arraycopy(initialState, 0, state, 0, FULL_SIZE);
        initial = initialState;
        remembered.clear();
        run(section.until(function.instructionsPosition() + function.instructionsLength())
                .position(function.instructionsPosition()), function.start(), function.end(), sink);
    }

    private void run(ByteCursor cursor, long start, long end, RowSink sink) {
        long location = start;
        while (cursor.hasRemaining()) {
            int opcode = cursor.u8();
            long next = switch (opcode >>> 6) {
                case 1 -> advanced(cursor, location, opcode & 0x3f);
                case 2 -> {
                    set(cursor, opcode & 0x3f, PackedRule.OFFSET, factored(cursor.uleb128()));
                    yield location;
                }
                case 3 -> {
                    restore(cursor, opcode & 0x3f);
                    yield location;
                }
                default -> extended(cursor, opcode, location);
            };
            if (next != location) {
                if (Long.compareUnsigned(next, location) < 0) {
                    throw cursor.malformed("a location behind 0x" + Long.toHexString(location),
                            "0x" + Long.toHexString(next));
                }
                // Padding may advance to the end of the function and beyond it.
                if (Long.compareUnsigned(next, end) >= 0) {
                    break;
                }
                sink.row(location, next, state);
                location = next;
            }
        }
        if (location != end) {
            sink.row(location, end, state);
        }
    }

    private long extended(ByteCursor cursor, int opcode, long location) {
        switch (opcode) {
            case 0x00 -> {
                // DW_CFA_nop
            }
            case 0x01 -> {
                return section.format() == CfiSection.Format.EH_FRAME
                        ? PointerEncoding.read(cursor, common.pointerEncoding(), section.address().value())
                        : cursor.unsigned(common.addressSize());
            }
            case 0x02 -> {
                return advanced(cursor, location, cursor.u8());
            }
            case 0x03 -> {
                return advanced(cursor, location, cursor.u16());
            }
            case 0x04 -> {
                return advanced(cursor, location, cursor.u32());
            }
            case 0x05 -> set(cursor, cursor.uleb128(), PackedRule.OFFSET, factored(cursor.uleb128()));
            case 0x06 -> restore(cursor, cursor.uleb128());
            case 0x07 -> set(cursor, cursor.uleb128(), PackedRule.UNDEFINED, 0);
            case 0x08 -> set(cursor, cursor.uleb128(), PackedRule.SAME_VALUE, 0);
            case 0x09 -> set(cursor, cursor.uleb128(), PackedRule.REGISTER, cursor.uleb128());
            case 0x0a -> remember(cursor);
            case 0x0b -> restoreRemembered(cursor);
            case 0x0c -> setCfa(cursor, cursor.uleb128(), cursor.uleb128());
            case 0x0d -> setCfa(cursor, cursor.uleb128(), PackedRule.cfaOffset(cfaInRegister(cursor)));
            case 0x0e -> setCfa(cursor, PackedRule.cfaRegister(cfaInRegister(cursor)), cursor.uleb128());
            case 0x0f -> state[CFA] = PackedRule.cfaExpression(expression(cursor));
            case 0x10 -> set(cursor, cursor.uleb128(), PackedRule.EXPRESSION, expression(cursor));
            case 0x11 -> set(cursor, cursor.uleb128(), PackedRule.OFFSET, factored(cursor.sleb128()));
            case 0x12 -> setCfa(cursor, cursor.uleb128(), factored(cursor.sleb128()));
            case 0x13 -> setCfa(cursor, PackedRule.cfaRegister(cfaInRegister(cursor)), factored(cursor.sleb128()));
            case 0x14 -> set(cursor, cursor.uleb128(), PackedRule.VALUE_OFFSET, factored(cursor.uleb128()));
            case 0x15 -> set(cursor, cursor.uleb128(), PackedRule.VALUE_OFFSET, factored(cursor.sleb128()));
            case 0x16 -> set(cursor, cursor.uleb128(), PackedRule.VALUE_EXPRESSION, expression(cursor));
            case 0x1d -> {
                return advanced(cursor, location, cursor.u64());
            }
            // DW_CFA_GNU_args_size: how much to pop when an exception lands here; it does not change the frame.
            case 0x2e -> cursor.uleb128();
            case 0x2f -> set(cursor, cursor.uleb128(), PackedRule.OFFSET, -factored(cursor.uleb128()));
            // DW_CFA_GNU_window_save and others belong to other machines.
            default -> throw cursor.malformed("a call frame instruction", "0x" + Integer.toHexString(opcode));
        }
        return location;
    }

    private long advanced(ByteCursor cursor, long location, long delta) {
        long distance = delta * common.codeAlignment();
        if (Long.compareUnsigned(location + distance, location) < 0) {
            throw cursor.malformed("an advance within the address space", Long.toUnsignedString(delta));
        }
        return location + distance;
    }

    private long factored(long offset) {
        return offset * common.dataAlignment();
    }

    private void set(ByteCursor cursor, long register, int kind, long value) {
        if (!PackedRule.fits(value)) {
            throw cursor.malformed("an offset of at most 61 bits", Long.toString(value));
        }
        // Unwinding needs neither vector registers nor flags.
        if (register >= 0 && register < DwarfRegisters.COUNT) {
            state[(int) register] = PackedRule.rule(kind, value);
        }
    }

    private void restore(ByteCursor cursor, long register) {
        if (initial == null) {
            throw cursor.malformed("instructions that may stand in a CIE", "DW_CFA_restore");
        }
        if (register >= 0 && register < DwarfRegisters.COUNT) {
            state[(int) register] = initial[(int) register];
        }
    }

    private void setCfa(ByteCursor cursor, long register, long offset) {
        if (register < 0 || register >= DwarfRegisters.COUNT) {
            throw cursor.malformed("a general register for the CFA", Long.toUnsignedString(register));
        }
        if (!PackedRule.fitsCfa(offset)) {
            throw cursor.malformed("a CFA offset of at most 54 bits", Long.toString(offset));
        }
        state[CFA] = PackedRule.cfaRegister((int) register, offset);
        state[LAST_CFA_REGISTER] = state[CFA];
    }

    /**
     * The rule of which an instruction changes one half. In DWARF it is the current one; libgcc and gdb also go back past
     * an expression, and hand-written assembly relies on it (libgcrypt).
     */
    private long cfaInRegister(ByteCursor cursor) {
        if (PackedRule.cfaKind(state[LAST_CFA_REGISTER]) != PackedRule.CFA_REGISTER) {
            throw cursor.malformed("a CFA rule of register and offset to change a part of", "none");
        }
        return state[LAST_CFA_REGISTER];
    }

    private int expression(ByteCursor cursor) {
        return expressions.add(cursor.sub(cursor.uleb128()));
    }

    /** The CFA rule is remembered along with the registers: GCC relies on it, though DWARF leaves it open. */
    private void remember(ByteCursor cursor) {
        if (remembered.size() == DEEPEST_REMEMBERED) {
            throw cursor.malformed("at most " + DEEPEST_REMEMBERED + " remembered states", "one more");
        }
        remembered.push(state.clone());
    }

    private void restoreRemembered(ByteCursor cursor) {
        if (remembered.isEmpty()) {
            throw cursor.malformed("a remembered state", "none");
        }
        System.arraycopy(remembered.pop(), 0, state, 0, FULL_SIZE);
    }
}
