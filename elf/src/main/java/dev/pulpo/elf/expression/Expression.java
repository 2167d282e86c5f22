package dev.pulpo.elf.expression;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A DWARF expression (DWARF 5, 2.5 and 2.6): its operations in their order. It is read as a whole, so it is well-formed:
 * operands are complete, and branches lead to operations. Immutable.
 */
public final class Expression implements Iterable<Operation> {
    /** The depth of nested expressions; compilers nest one. */
    private static final int DEEPEST = 8;
    private static final int LONGEST = 1 << 16;

    private final List<Operation> operations;
    /** For each branch, the number of the operation that it goes to; for other operations that of the next. */
    private final int[] targets;
    private final UnitValues unit;
    private final String source;
    private final long offset;

    private Expression(ByteCursor bytes, UnitValues unit, List<Operation> operations, int[] targets) {
        this.operations = operations;
        this.targets = targets;
        this.unit = unit;
        source = bytes.source();
        offset = bytes.position(0).offset();
    }

    /**
     * Reads a whole run of bytes as one expression.
     *
     * @param unit the unit that it refers to
     * @throws dev.pulpo.elf.MalformedElfException if it is none
     */
    public static Expression read(ByteCursor bytes, UnitValues unit) {
        return read(bytes, unit, 0);
    }

    static Expression read(ByteCursor bytes, UnitValues unit, int depth) {
        if (bytes.limit() > LONGEST || depth > DEEPEST) {
            throw bytes.malformed("an expression of at most " + LONGEST + " bytes, inside of at most " + DEEPEST,
                    bytes.limit() + " bytes inside of " + depth);
        }
        List<Operation> operations = new ArrayList<>();
        // The number of the operation that begins at a byte; branches may also go to the end.
        int[] operationAt = new int[(int) bytes.limit() + 1];
        Arrays.fill(operationAt, -1);
        bytes.position(0);
        while (bytes.hasRemaining()) {
            operationAt[(int) bytes.position()] = operations.size();
            operations.add(new Operation(bytes, unit, depth));
        }
        operationAt[(int) bytes.limit()] = operations.size();
        int[] targets = new int[operations.size()];
        for (int i = 0; i < targets.length; i++) {
            Operation operation = operations.get(i);
            targets[i] = i + 1;
            if (operation.opcode() == Opcode.BRA || operation.opcode() == Opcode.SKIP) {
                long target = operation.target();
                if (target < 0 || target > bytes.limit() || operationAt[(int) target] < 0) {
                    throw bytes.malformed("a branch to an operation of the expression", "byte " + target);
                }
                targets[i] = operationAt[(int) target];
            }
        }
        return new Expression(bytes, unit, List.copyOf(operations), targets);
    }

    public List<Operation> operations() {
        return operations;
    }

    /** For a branch, the number of the operation that it goes to, or their count for the end; else that of the next. */
    public int target(int number) {
        return targets[number];
    }

    /** The unit that it refers to. */
    UnitValues unit() {
        return unit;
    }

    /** An error that points at an operation; the caller throws it. */
    public MalformedElfException malformed(Operation operation, String expected, String found) {
        return new MalformedElfException(source, offset + operation.position(), expected, found);
    }

    /** Whether it has no operations; an empty location means that there is none. */
    public boolean isEmpty() {
        return operations.isEmpty();
    }

    @Override
    public Iterator<Operation> iterator() {
        return operations.iterator();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Expression expression && operations.equals(expression.operations);
    }

    @Override
    public int hashCode() {
        return operations.hashCode();
    }

    /** The operations, with commas between them. */
    @Override
    public String toString() {
        return operations.stream().map(Operation::toString).collect(Collectors.joining(", "));
    }
}
