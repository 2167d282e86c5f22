package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Walks a stack from frame to frame by call frame information, and by {@linkplain ProvenFrames proven frames} for code
 * that has none. Nothing is guessed.
 *
 * <pre>{@code
 * unwinder.start(registers);
 * do {
 *     use(unwinder.pc(), unwinder.codeAddress());
 * } while (unwinder.step() == Step.CALLER);
 * UnwindEnd end = unwinder.end();
 * }</pre>
 *
 * <p>Neither {@link #start} nor {@link #step} nor the getters allocate, parse or throw, so they can be used in a stop;
 * only {@link #end} allocates. An overwritten stack may lead in circles, so the caller must limit the number of steps.
 * Registers and addresses are those of the process. An unwinder belongs to one thread.
 */
public final class Unwinder {
    private final CfiMap map;
    private final StackMemory memory;
    private final CfiEvaluator evaluator;
    private final RegisterFile registers = new RegisterFile();
    private final RegisterFile caller = new RegisterFile();
    private final long[] word = new long[1];
    private final boolean strict;
    /** Whether the program counter is an interrupted instruction, and not a return address. */
    private boolean exact;
    private boolean signalFrame;
    /** Whether the walk has passed a function that may be about to jump to the handler of an exception. */
    private boolean throwing;
    private long cfa;
    private long returnAddressPlace;
    private Step last = Step.CALLER;
    private long detail;
    private @Nullable LoadedCfi brokenObject;
    private int brokenMarker;

    /**
     * @param map    the objects of the process
     * @param memory its memory
     */
    public Unwinder(CfiMap map, StackMemory memory) {
        this(map, memory, false);
    }

    private Unwinder(CfiMap map, StackMemory memory, boolean strict) {
        this.map = map;
        this.memory = memory;
        this.evaluator = new CfiEvaluator(memory);
        this.strict = strict;
    }

    /**
     * An unwinder that never trusts a frame that may be changing. The functions that throw exceptions
     * ({@code _Unwind_RaiseException}, {@code _Unwind_Resume}) return to the handler instead of their caller. Before that
     * they replace the saved registers and the return address, one word after the other, by those of the handler's
     * function. A walk past them may then lead anywhere. This unwinder stops there with {@link Step#UNKNOWN_REGISTER} for
     * {@link DwarfRegisters#RIP}.
     */
    public static Unwinder strict(CfiMap map, StackMemory memory) {
        return new Unwinder(map, memory, true);
    }

    /** Begins with the registers of a thread, by DWARF number; all of them are known. */
    public void start(long[] threadRegisters) {
        start(threadRegisters, DwarfRegisters.ALL);
    }

    /**
     * Begins with the registers of a thread.
     *
     * @param threadRegisters the values, by DWARF number; they are copied
     * @param known           a bit for each known register; without rsp and rip no step succeeds
     */
    public void start(long[] threadRegisters, int known) {
        System.arraycopy(threadRegisters, 0, registers.values, 0, DwarfRegisters.COUNT);
        registers.known = known & DwarfRegisters.ALL;
        exact = true;
        signalFrame = false;
        throwing = false;
        cfa = 0;
        returnAddressPlace = 0;
        last = Step.CALLER;
    }

    /** The program counter of the frame, where it will continue. */
    public long pc() {
        return registers.values[DwarfRegisters.RIP];
    }

    /**
     * An address inside the instruction that the frame executes, for looking up functions and lines. It is the return
     * address less one, because a call may be the last instruction of its function.
     */
    public long codeAddress() {
        return exact ? pc() : pc() - 1;
    }

    /** The stack pointer of the frame. */
    public long stackPointer() {
        return registers.values[DwarfRegisters.RSP];
    }

    /** The value of a register in the frame, by DWARF number. It means something only if it is {@linkplain #isKnown known}. */
    public long register(int number) {
        return registers.values[number];
    }

    /** Whether the value of a register in the frame is known. */
    public boolean isKnown(int number) {
        return registers.knows(number);
    }

    /**
     * Whether the frame was interrupted by a signal or is the innermost one, so that {@link #pc()} is not a return
     * address.
     */
    public boolean isInterrupted() {
        return exact;
    }

    /** Whether the frame that the last step left was a signal trampoline. */
    public boolean leftSignalFrame() {
        return signalFrame;
    }

    /** The CFA of the frame that the last step left; it identifies the call. */
    public long leftFrameAddress() {
        return cfa;
    }

    /** The address of the return address that the last step used; 0 if it was not in memory. */
    public long returnAddressPlace() {
        return returnAddressPlace;
    }

    /**
     * Goes to the caller's frame. If that fails, the registers stay those of the frame, and {@link #end()} says why.
     */
    public Step step() {
        last = tryStep();
        return last;
    }

    private Step tryStep() {
        if (!registers.knows(DwarfRegisters.RIP)) {
            return unknown(DwarfRegisters.RIP);
        }
        long address = codeAddress();
        LoadedCfi object = map.find(address);
        int row = rowOf(object, address);
        boolean proven = row == CfiTable.NONE;
        if (proven) {
            object = map.proven().find(address);
            row = rowOf(object, address);
        }
        if (object == null || row == CfiTable.NONE) {
            return Step.NO_CFI;
        }
        CfiTable table = object.table();
        if (row < 0) {
            return broken(object, row);
        }
        if (PackedRule.kind(table.rule(row, DwarfRegisters.RIP)) == PackedRule.UNDEFINED) {
            return Step.OUTERMOST;
        }
        Step step = findFrameAddress(table, table.rule(row, Interpreter.CFA), object.loadBias());
        if (step != Step.CALLER) {
            return step;
        }
        caller.known = 0;
        returnAddressPlace = 0;
        for (int register = 0; register < DwarfRegisters.COUNT; register++) {
            if (isSavedInAnotherFrame(table, row, register)) {
                continue;
            }
            step = restore(table, register, table.rule(row, register), object.loadBias());
            if (step != Step.CALLER) {
                return step;
            }
        }
        if (proven && !(caller.knows(DwarfRegisters.RIP)
                && map.proven().fits(stackPointer(), cfa, caller.values[DwarfRegisters.RIP], memory))) {
            return Step.NO_CFI;
        }
        boolean leavesSignalFrame = (table.rule(row, StatePool.FLAGS) & StatePool.SIGNAL_FRAME) != 0;
        if (!leavesSignalFrame && replacesRegisters(table, row)) {
            throwing = true;
            if (strict) {
                return unknown(DwarfRegisters.RIP);
            }
        }
        return leave(leavesSignalFrame);
    }

    /**
     * Whether a function may return elsewhere with other registers ({@code __builtin_eh_return}). Such a function saves
     * rax and rdx, in which handlers get the exception (psABI, 6.2); no other function restores them.
     */
    private static boolean replacesRegisters(CfiTable table, int row) {
        return PackedRule.kind(table.rule(row, DwarfRegisters.RAX)) == PackedRule.OFFSET
                && PackedRule.kind(table.rule(row, DwarfRegisters.RDX)) == PackedRule.OFFSET;
    }

    /**
     * Functions that align their stack save registers relative to their frame pointer, and describe that by expressions.
     * While the CFA is in a register, the frame pointer is not set up yet or already restored, which gcc's descriptions
     * ignore: the expression may then lead into the caller's frame. So the register is unknown. In signal frames, and
     * while an expression computes the CFA itself, the description is right.
     */
    private static boolean isSavedInAnotherFrame(CfiTable table, int row, int register) {
        return PackedRule.kind(table.rule(row, register)) == PackedRule.EXPRESSION
                && PackedRule.cfaKind(table.rule(row, Interpreter.CFA)) == PackedRule.CFA_REGISTER
                && (DwarfRegisters.CALLEE_SAVED >>> register & 1) != 0
                && (table.rule(row, StatePool.FLAGS) & StatePool.SIGNAL_FRAME) == 0;
    }

    private static int rowOf(@Nullable LoadedCfi object, long address) {
        return object == null ? CfiTable.NONE : object.table().find(address - object.loadBias());
    }

    private Step leave(boolean leavesSignalFrame) {
        if (!caller.knows(DwarfRegisters.RIP)) {
            return unknown(DwarfRegisters.RIP);
        }
        long pc = caller.values[DwarfRegisters.RIP];
        // A frame that was interrupted at address zero called it, so it has a caller; after a throwing function the
        // address may be anything.
        if (pc == 0 && !leavesSignalFrame && !throwing) {
            return Step.OUTERMOST;
        }
        if (pc == pc() && caller.values[DwarfRegisters.RSP] == stackPointer()) {
            return broken(null, 0);
        }
        registers.copyFrom(caller);
        signalFrame = leavesSignalFrame;
        exact = leavesSignalFrame;
        return Step.CALLER;
    }

    private Step findFrameAddress(CfiTable table, long rule, long loadBias) {
        return switch (PackedRule.cfaKind(rule)) {
            case PackedRule.CFA_REGISTER -> {
                int register = PackedRule.cfaRegister(rule);
                if (!registers.knows(register)) {
                    yield unknown(register);
                }
                cfa = registers.values[register] + PackedRule.cfaOffset(rule);
                yield Step.CALLER;
            }
            case PackedRule.CFA_EXPRESSION -> {
                if (!evaluator.evaluate(table.expression(PackedRule.cfaExpressionNumber(rule)), registers, loadBias)) {
                    yield evaluationFailed();
                }
                cfa = evaluator.result();
                yield Step.CALLER;
            }
            default -> broken(null, 0);
        };
    }

    private Step restore(CfiTable table, int register, long rule, long loadBias) {
        long value = PackedRule.value(rule);
        switch (PackedRule.kind(rule)) {
            case PackedRule.UNSPECIFIED -> {
                if (register == DwarfRegisters.RSP) {
                    // By definition, the CFA is the stack pointer before the call.
                    caller.set(register, cfa);
                } else if (((DwarfRegisters.CALLEE_SAVED >>> register) & 1) != 0) {
                    keep(register, register);
                }
            }
            case PackedRule.UNDEFINED -> {
                // Remains unknown.
            }
            case PackedRule.SAME_VALUE -> keep(register, register);
            case PackedRule.OFFSET -> {
                return load(register, cfa + value);
            }
            case PackedRule.VALUE_OFFSET -> caller.set(register, cfa + value);
            case PackedRule.REGISTER -> keep(register, (int) value);
            case PackedRule.EXPRESSION -> {
                return evaluator.evaluate(table.expression((int) value), registers, loadBias, cfa)
                        ? load(register, evaluator.result())
                        : evaluationFailed();
            }
            default -> {
                if (!evaluator.evaluate(table.expression((int) value), registers, loadBias, cfa)) {
                    return evaluationFailed();
                }
                caller.set(register, evaluator.result());
            }
        }
        return Step.CALLER;
    }

    private void keep(int register, int source) {
        if (registers.knows(source)) {
            caller.set(register, registers.values[source]);
        }
    }

    private Step load(int register, long address) {
        if (!memory.read(address, Long.BYTES, word, 0)) {
            detail = address;
            return Step.UNREADABLE;
        }
        caller.set(register, word[0]);
        if (register == DwarfRegisters.RIP) {
            returnAddressPlace = address;
        }
        return Step.CALLER;
    }

    private Step evaluationFailed() {
        Step failure = evaluator.failure();
        detail = evaluator.detail();
        return failure == Step.MALFORMED ? broken(null, 0) : failure;
    }

    private Step unknown(int register) {
        detail = register;
        return Step.UNKNOWN_REGISTER;
    }

    private Step broken(@Nullable LoadedCfi object, int marker) {
        brokenObject = object;
        brokenMarker = marker;
        return Step.MALFORMED;
    }

    /**
     * Why the last step failed.
     *
     * @throws IllegalStateException if it succeeded
     */
    public UnwindEnd end() {
        return switch (last) {
            case CALLER -> throw new IllegalStateException("the stack goes on");
            case OUTERMOST -> new UnwindEnd.Outermost(pc());
            case NO_CFI -> new UnwindEnd.NoCfi(pc());
            case UNREADABLE -> new UnwindEnd.Unreadable(pc(), detail);
            case UNKNOWN_REGISTER -> new UnwindEnd.UnknownRegister(pc(), (int) detail);
            case MALFORMED -> new UnwindEnd.Malformed(pc(),
                    Optional.ofNullable(brokenObject).map(object -> object.table().defect(brokenMarker)));
        };
    }
}
