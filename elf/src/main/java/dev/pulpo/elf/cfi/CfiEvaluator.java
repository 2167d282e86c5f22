package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.Arithmetic;

/**
 * Evaluates expressions on a stack of fixed depth, within a fixed number of operations, without allocation. After a
 * failure {@link #failure()} and {@link #detail()} say what was missing. Not thread-safe.
 */
final class CfiEvaluator {
    private static final int DEEPEST = 64;
    /** Expressions of compilers have a few dozen operations; a longer evaluation is a loop. */
    private static final int MOST_OPERATIONS = 10_000;

    private final StackMemory memory;
    private final long[] stack = new long[DEEPEST];
    private int depth;
    private Step failure = Step.MALFORMED;
    private long detail;

    CfiEvaluator(StackMemory memory) {
        this.memory = memory;
    }

    /** Why the last evaluation failed. */
    Step failure() {
        return failure;
    }

    /** The address that could not be read, or the number of the unknown register. */
    long detail() {
        return detail;
    }

    /** The result of the last evaluation. */
    long result() {
        return stack[depth - 1];
    }

    /** Evaluates with an empty stack. */
    boolean evaluate(CompiledExpression expression, RegisterFile registers, long loadBias) {
        depth = 0;
        return run(expression, registers, loadBias);
    }

    /** Evaluates with one value on the stack. */
    boolean evaluate(CompiledExpression expression, RegisterFile registers, long loadBias, long initial) {
        depth = 1;
        stack[0] = initial;
        return run(expression, registers, loadBias);
    }

    private boolean run(CompiledExpression expression, RegisterFile registers, long loadBias) {
        int next = 0;
        for (int steps = 0; next < expression.length(); steps++) {
            if (steps == MOST_OPERATIONS) {
                return fail(Step.MALFORMED, 0);
            }
            int operation = expression.operation(next);
            long operand = expression.operand(next);
            next++;
            boolean done = switch (operation) {
                case CompiledExpression.PUSH -> push(operand);
                case CompiledExpression.PUSH_ADDRESS -> push(operand + loadBias);
                case CompiledExpression.PUSH_REGISTER ->
                    pushRegister(expression.register(next - 1), operand, registers);
                case CompiledExpression.LOAD -> load((int) operand);
                case CompiledExpression.PICK -> needs((int) operand + 1) && push(stack[depth - 1 - (int) operand]);
                case CompiledExpression.DROP -> needs(1) && --depth >= 0;
                case CompiledExpression.SWAP -> needs(2) && swap();
                case CompiledExpression.ROTATE -> needs(3) && rotate();
                case CompiledExpression.ADD_CONSTANT ->
                    operand == 0 || (needs(1) && replace(1, stack[depth - 1] + operand));
                case CompiledExpression.JUMP -> {
                    next = (int) operand;
                    yield true;
                }
                case CompiledExpression.JUMP_IF -> {
                    if (!needs(1)) {
                        yield false;
                    }
                    next = stack[--depth] != 0 ? (int) operand : next;
                    yield true;
                }
                default -> Arithmetic.isUnary(operation)
                        ? needs(1) && replace(1, Arithmetic.unary(operation, stack[depth - 1]))
                        : needs(2) && binary(operation);
            };
            if (!done) {
                return false;
            }
        }
        return needs(1);
    }

    private boolean fail(Step step, long what) {
        failure = step;
        detail = what;
        return false;
    }

    private boolean needs(int values) {
        return depth >= values || fail(Step.MALFORMED, 0);
    }

    private boolean push(long value) {
        if (depth == DEEPEST) {
            return fail(Step.MALFORMED, 0);
        }
        stack[depth++] = value;
        return true;
    }

    /** Replaces some values by one. */
    private boolean replace(int values, long value) {
        depth -= values;
        stack[depth++] = value;
        return true;
    }

    private boolean pushRegister(int register, long offset, RegisterFile registers) {
        return registers.knows(register)
                ? push(registers.values[register] + offset)
                : fail(Step.UNKNOWN_REGISTER, register);
    }

    private boolean load(int size) {
        if (!needs(1)) {
            return false;
        }
        long address = stack[depth - 1];
        return memory.read(address, size, stack, depth - 1) || fail(Step.UNREADABLE, address);
    }

    private boolean swap() {
        long top = stack[depth - 1];
        stack[depth - 1] = stack[depth - 2];
        stack[depth - 2] = top;
        return true;
    }

    /** Moves the top to the third place. */
    private boolean rotate() {
        long top = stack[depth - 1];
        stack[depth - 1] = stack[depth - 2];
        stack[depth - 2] = stack[depth - 3];
        stack[depth - 3] = top;
        return true;
    }

    private boolean binary(int operation) {
        long second = stack[depth - 2];
        long first = stack[depth - 1];
        return (Arithmetic.isDivision(operation) && first == 0)
                ? fail(Step.MALFORMED, 0)
                : replace(2, Arithmetic.binary(operation, second, first));
    }
}
