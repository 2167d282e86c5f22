package dev.pulpo.elf.expression;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates expressions that locate objects or compute values, within a fixed number of operations (DWARF 5, 2.5 and
 * 2.6). Missing data results in {@link Location.Unknown} with the reason. A defect that no data could cure, such as too
 * few values for an operation, is malformed. One object per evaluation; call frame information has an evaluator of its
 * own, which allocates nothing.
 */
public final class Evaluator {
    private static final int DEEPEST = 256;
    private static final int DEEPEST_CALL = 16;
    /** Expressions of compilers have a few dozen operations; a longer evaluation is a loop. */
    private static final int MOST_OPERATIONS = 10_000;

    private final EvaluationContext context;
    private final long[] stack = new long[DEEPEST];
    private final BaseType[] types = new BaseType[DEEPEST];
    private final List<Location.Piece> pieces = new ArrayList<>();
    private int depth;
    private int steps;
    /** The location that an operation described as a whole, until it becomes a piece. */
    private @Nullable Location described;

    private Evaluator(EvaluationContext context) {
        this.context = context;
    }

    /**
     * Where the object is.
     *
     * @throws dev.pulpo.elf.MalformedElfException if the expression makes no sense
     */
    public static Location locate(Expression expression, EvaluationContext context) {
        return new Evaluator(context).run(expression, OptionalLong.empty());
    }

    /** As {@link #locate}, with one value on the stack. */
    public static Location locate(Expression expression, EvaluationContext context, long initial) {
        return new Evaluator(context).run(expression, OptionalLong.of(initial));
    }

    /**
     * The number that an expression computes: the value of an attribute, or an argument.
     *
     * @return a {@link Location.Value}, {@link Location.OptimisedOut} or {@link Location.Unknown}
     * @throws dev.pulpo.elf.MalformedElfException if the expression makes no sense
     */
    public static Location compute(Expression expression, EvaluationContext context) {
        return switch (locate(expression, context)) {
            case Location.Memory memory -> Location.Value.of(memory.address(), BaseType.GENERIC);
            case Location.Register register -> context.register(register.number())
                    .<Location>map(bytes -> new Location.Value(ByteBuffer.wrap(bytes)))
                    .orElseGet(() -> unknown(register.number()));
            case Location.Pieces several -> new Location.Unknown("a number in pieces");
            case Location.ImplicitPointer pointer -> new Location.Unknown("a pointer to what is nowhere");
            case Location.Value value -> value;
            case Location.OptimisedOut nowhere -> nowhere;
            case Location.Unknown unknown -> unknown;
        };
    }

    /** The reason for a register without a known value. */
    static Location.Unknown unknown(long register) {
        String name = register <= Integer.MAX_VALUE
                ? DwarfRegisters.name((int) register)
                : "reg" + register;
        return new Location.Unknown(name + " is not known in this frame");
    }

    private Location run(Expression expression, OptionalLong initial) {
        try {
            if (initial.isPresent()) {
                push(expression, null, initial.getAsLong(), BaseType.GENERIC);
            }
            execute(expression, 0);
        } catch (CannotKnow missing) {
            return new Location.Unknown(missing.reason());
        }
        return pieces.isEmpty() ? current() : new Location.Pieces(pieces);
    }

    /** The location since the last piece. */
    private Location current() {
        if (described != null) {
            return described;
        }
        return depth == 0 ? new Location.OptimisedOut() : new Location.Memory(stack[depth - 1]);
    }

    private void execute(Expression expression, int calls) {
        List<Operation> operations = expression.operations();
        int next = 0;
        while (next < operations.size()) {
            Operation operation = operations.get(next);
            if (steps++ >= MOST_OPERATIONS) {
                throw expression.malformed(operation, "an expression that ends",
                        MOST_OPERATIONS + " operations so far");
            }
            boolean branches = switch (operation.opcode()) {
                case SKIP -> true;
                case BRA -> pop(expression, operation) != 0;
                default -> {
                    execute(expression, operation, calls);
                    yield false;
                }
            };
            next = branches ? expression.target(next) : next + 1;
        }
    }

    private void execute(Expression expression, Operation operation, int calls) {
        Opcode opcode = operation.opcode();
        long first = operation.first();
        switch (opcode) {
            case LIT -> push(expression, operation, operation.number(), BaseType.GENERIC);
            case CONST1U, CONST1S, CONST2U, CONST2S, CONST4U, CONST4S, CONST8U, CONST8S, CONSTU, CONSTS ->
                push(expression, operation, first, BaseType.GENERIC);
            case ADDR -> push(expression, operation, first + context.loadBias(), BaseType.GENERIC);
            case ADDRX, GNU_ADDR_INDEX -> push(expression, operation,
                    expression.unit().indexed(first) + context.loadBias(), BaseType.GENERIC);
            case CONSTX, GNU_CONST_INDEX -> push(expression, operation, expression.unit().indexed(first),
                    BaseType.GENERIC);
            case BREG -> push(expression, operation, register(operation.register()) + first, BaseType.GENERIC);
            case BREGX -> push(expression, operation, register(operation.register()) + operation.second(),
                    BaseType.GENERIC);
            case FBREG -> push(expression, operation, frameBase() + first, BaseType.GENERIC);
            case CALL_FRAME_CFA -> push(expression, operation, context.frameAddress()
                    .orElseThrow(() -> new CannotKnow("the frame's address is not known")), BaseType.GENERIC);
            case PUSH_OBJECT_ADDRESS -> push(expression, operation, context.objectAddress()
                    .orElseThrow(() -> new CannotKnow("there is no object")), BaseType.GENERIC);
            case CONST_TYPE, GNU_CONST_TYPE, REGVAL_TYPE, GNU_REGVAL_TYPE, DEREF_TYPE, GNU_DEREF_TYPE, CONVERT,
                    GNU_CONVERT, REINTERPRET, GNU_REINTERPRET ->
                typed(expression, operation);
            case ENTRY_VALUE, GNU_ENTRY_VALUE -> entryValue(expression, operation, operation.inner().orElseThrow());
            case GNU_PARAMETER_REF -> push(expression, operation, number(context.argument(first)), BaseType.GENERIC);
            case FORM_TLS_ADDRESS, GNU_PUSH_TLS_ADDRESS -> push(expression, operation,
                    context.threadLocal(pop(expression, operation)).orElseThrow(
                            () -> new CannotKnow("the thread has no memory for it, or it is not known where")),
                    BaseType.GENERIC);
            case DEREF -> push(expression, operation, load(pop(expression, operation), Long.BYTES), BaseType.GENERIC);
            case DEREF_SIZE -> push(expression, operation,
                    load(pop(expression, operation), size(expression, operation, first)), BaseType.GENERIC);
            case CALL2, CALL4, CALL_REF -> call(expression, operation, calls);
            case REG, REGX -> describe(expression, operation, new Location.Register(number(expression, operation)));
            case IMPLICIT_VALUE -> describe(expression, operation,
                    new Location.Value(ByteBuffer.wrap(operation.bytes())));
            case STACK_VALUE -> {
                needs(expression, operation, 1);
                describe(expression, operation, Location.Value.of(stack[depth - 1], types[depth - 1]));
            }
            case IMPLICIT_POINTER, GNU_IMPLICIT_POINTER -> describe(expression, operation,
                    new Location.ImplicitPointer(expression.unit().entry(operation), operation.second()));
            case PIECE -> piece(expression, operation, first, Byte.SIZE, 0);
            case BIT_PIECE -> piece(expression, operation, first, 1, operation.second());
            case GNU_UNINIT -> throw new CannotKnow("it is not initialised yet");
            case XDEREF, XDEREF_SIZE, XDEREF_TYPE -> throw new CannotKnow("x86-64 has one address space");
            case GNU_VARIABLE_VALUE -> throw new CannotKnow("it depends on the value of another variable");
            case SKIP, BRA, NOP -> {
                // The former two were handled above.
            }
            default -> onStack(expression, operation);
        }
    }

    /** Operations whose operands are on the stack. */
    private void onStack(Expression expression, Operation operation) {
        Opcode opcode = operation.opcode();
        switch (opcode) {
            case DUP -> pick(expression, operation, 0);
            case OVER -> pick(expression, operation, 1);
            case PICK -> pick(expression, operation, (int) operation.first());
            case DROP -> {
                needs(expression, operation, 1);
                depth--;
            }
            case SWAP -> rotate(expression, operation, 2);
            case ROT -> rotate(expression, operation, 3);
            case PLUS_UCONST -> {
                needs(expression, operation, 1);
                integral(expression, operation, types[depth - 1]);
                stack[depth - 1] = TypedArithmetic.normalised(stack[depth - 1] + operation.first(), types[depth - 1]);
            }
            case ABS, NEG, NOT -> {
                needs(expression, operation, 1);
                stack[depth - 1] = TypedArithmetic.unary(opcode, stack[depth - 1], types[depth - 1]);
            }
            default -> {
                needs(expression, operation, 2);
                BaseType type = types[depth - 2];
                boolean shifts = opcode == Opcode.SHL || opcode == Opcode.SHR || opcode == Opcode.SHRA;
                if (!shifts && !type.equals(types[depth - 1])) {
                    throw expression.malformed(operation, "two values of one type", type + " and " + types[depth - 1]);
                }
                long result = TypedArithmetic.binary(opcode, stack[depth - 2], stack[depth - 1], type);
                depth -= 2;
                push(expression, operation, result,
                        TypedArithmetic.isComparison(opcode) ? BaseType.GENERIC : type);
            }
        }
    }

    private void typed(Expression expression, Operation operation) {
        boolean typeFirst = switch (operation.opcode()) {
            case REGVAL_TYPE, GNU_REGVAL_TYPE, DEREF_TYPE, GNU_DEREF_TYPE -> false;
            default -> true;
        };
        BaseType type = type(expression, operation, typeFirst ? operation.first() : operation.second());
        switch (operation.opcode()) {
            case CONST_TYPE, GNU_CONST_TYPE -> push(expression, operation,
                    TypedArithmetic.normalised(new Location.Value(ByteBuffer.wrap(operation.bytes())).number(), type),
                    type);
            case REGVAL_TYPE, GNU_REGVAL_TYPE -> push(expression, operation,
                    TypedArithmetic.normalised(register(operation.register()), type), type);
            case DEREF_TYPE, GNU_DEREF_TYPE -> push(expression, operation, TypedArithmetic.normalised(
                    load(pop(expression, operation), size(expression, operation, operation.first())), type), type);
            case CONVERT, GNU_CONVERT -> {
                needs(expression, operation, 1);
                stack[depth - 1] = TypedArithmetic.convert(stack[depth - 1], types[depth - 1], type);
                types[depth - 1] = type;
            }
            default -> {
                needs(expression, operation, 1);
                if (types[depth - 1].size() != type.size()) {
                    throw expression.malformed(operation, "a type of " + types[depth - 1].size() + " bytes",
                            type.size() + " bytes");
                }
                stack[depth - 1] = TypedArithmetic.normalised(stack[depth - 1], type);
                types[depth - 1] = type;
            }
        }
    }

    /** If a register is requested as a value of a type, the result has that type. */
    private void entryValue(Expression expression, Operation operation, Expression what) {
        BaseType type = BaseType.GENERIC;
        for (Operation inner : what) {
            if (inner.opcode() == Opcode.REGVAL_TYPE || inner.opcode() == Opcode.GNU_REGVAL_TYPE) {
                type = type(what, inner, inner.second());
            }
        }
        push(expression, operation, TypedArithmetic.normalised(number(context.entryValue(what)), type), type);
    }

    private static BaseType type(Expression expression, Operation operation, long offset) {
        if (offset == 0) {
            return BaseType.GENERIC;
        }
        BaseType type = expression.unit().baseType(offset)
                .orElseThrow(() -> expression.malformed(operation, "a base type", "something else at 0x"
                        + Long.toHexString(offset)));
        if (!type.fits()) {
            throw new CannotKnow("it is computed with numbers of " + type.size() + " bytes");
        }
        return type;
    }

    private void call(Expression expression, Operation operation, int calls) {
        if (calls == DEEPEST_CALL) {
            throw expression.malformed(operation, "at most " + DEEPEST_CALL + " calls inside of each other", "more");
        }
        // A call of an entry without location has no effect (DWARF 5, 2.5.1.5).
        Optional<Expression> called = expression.unit().called(operation);
        if (called.isPresent()) {
            // Reading took a step for each operation, executed or not.
            steps += called.get().operations().size();
            execute(called.get(), calls + 1);
        }
    }

    private void describe(Expression expression, Operation operation, Location location) {
        if (described != null) {
            throw expression.malformed(operation, "a piece, or the end of the expression", operation.toString());
        }
        described = location;
    }

    private void piece(Expression expression, Operation operation, long size, int unit, long offset) {
        long most = Integer.MAX_VALUE;
        if (size < 0 || size > most / unit || offset < 0 || offset > most) {
            throw expression.malformed(operation, "a piece of at most " + most + " bits", operation.toString());
        }
        pieces.add(new Location.Piece(current(), size * unit, offset));
        described = null;
        depth = 0;
    }

    private static int number(Expression expression, Operation operation) {
        long register = operation.register();
        if (register < 0 || register > Integer.MAX_VALUE) {
            throw expression.malformed(operation, "a register", Long.toUnsignedString(register));
        }
        return (int) register;
    }

    /** The value of a register; the low half of a vector register. */
    private long register(long number) {
        Optional<byte[]> bytes = number < 0 || number > Integer.MAX_VALUE
                ? Optional.empty()
                : context.register((int) number);
        return new Location.Value(ByteBuffer.wrap(bytes.orElseThrow(() -> new CannotKnow(unknown(number).reason()))))
                .number();
    }

    private long frameBase() {
        return switch (context.frameBase()) {
            case Location.Memory memory -> memory.address();
            case Location.Register register -> register(register.number());
            case Location other -> number(other);
        };
    }

    private static long number(Location location) {
        return switch (location) {
            case Location.Value value -> value.number();
            case Location.Unknown unknown -> throw new CannotKnow(unknown.reason());
            default -> throw new CannotKnow("a value that it depends on is no number");
        };
    }

    private long load(long address, int size) {
        byte[] bytes = new byte[size];
        if (!context.read(address, bytes)) {
            throw new CannotKnow(context.unreadable(address));
        }
        return new Location.Value(ByteBuffer.wrap(bytes)).number();
    }

    private static int size(Expression expression, Operation operation, long size) {
        if (size < 1 || size > Long.BYTES) {
            throw expression.malformed(operation, "a load of 1 to 8 bytes", Long.toString(size));
        }
        return (int) size;
    }

    private void needs(Expression expression, Operation operation, int values) {
        if (depth < values) {
            throw expression.malformed(operation, values + " values on the stack", Integer.toString(depth));
        }
    }

    private static void integral(Expression expression, Operation operation, BaseType type) {
        if (type.isFloat()) {
            throw expression.malformed(operation, "an integer", "a floating-point number");
        }
    }

    private void push(Expression expression, @Nullable Operation operation, long value, BaseType type) {
        if (depth == DEEPEST && operation != null) {
            throw expression.malformed(operation, "at most " + DEEPEST + " values on the stack", "one more");
        }
        stack[depth] = value;
        types[depth++] = type;
    }

    private long pop(Expression expression, Operation operation) {
        needs(expression, operation, 1);
        integral(expression, operation, types[depth - 1]);
        return stack[--depth];
    }

    private void pick(Expression expression, Operation operation, int index) {
        needs(expression, operation, index + 1);
        push(expression, operation, stack[depth - 1 - index], types[depth - 1 - index]);
    }

    /** Moves the top below some other values. */
    private void rotate(Expression expression, Operation operation, int count) {
        needs(expression, operation, count);
        long top = stack[depth - 1];
        BaseType type = types[depth - 1];
        System.arraycopy(stack, depth - count, stack, depth - count + 1, count - 1);
        System.arraycopy(types, depth - count, types, depth - count + 1, count - 1);
        stack[depth - count] = top;
        types[depth - count] = type;
    }
}
