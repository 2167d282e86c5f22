package dev.pulpo.elf.expression;

/** Computes with values of base types (DWARF 5, 2.5.1.4 to 2.5.1.6). A value is kept in the low bits of a long. */
final class TypedArithmetic {
    private TypedArithmetic() {}

    /** The bits of a value of a type, extended to a long as the type says. */
    static long normalised(long bits, BaseType type) {
        int unused = Long.SIZE - (int) Math.min(type.size(), Long.BYTES) * Byte.SIZE;
        return type.isSigned() ? bits << unused >> unused : bits << unused >>> unused;
    }

    static long unary(Opcode opcode, long value, BaseType type) {
        if (!type.isFloat()) {
            return normalised(Arithmetic.unary(opcode.code(), value), type);
        }
        double number = number(value, type);
        return bits(switch (opcode) {
            case ABS -> Math.abs(number);
            case NEG -> -number;
            default -> throw new CannotKnow(opcode + " of a floating-point number");
        }, type);
    }

    /** Comparisons result in the generic type, whatever they compare. */
    static boolean isComparison(Opcode opcode) {
        return switch (opcode) {
            case EQ, GE, GT, LE, LT, NE -> true;
            default -> false;
        };
    }

    static long binary(Opcode opcode, long left, long right, BaseType type) {
        if (type.isFloat()) {
            return ofNumbers(opcode, number(left, type), number(right, type), type);
        }
        if (Arithmetic.isDivision(opcode.code()) && right == 0) {
            throw new CannotKnow("its expression divides by zero");
        }
        if (type.equals(BaseType.GENERIC)) {
            return Arithmetic.binary(opcode.code(), left, right);
        }
        return switch (opcode) {
            case DIV -> normalised(type.isSigned() ? left / right : Long.divideUnsigned(left, right), type);
            case MOD -> normalised(type.isSigned() ? left % right : Long.remainderUnsigned(left, right), type);
            case SHR -> normalised(Arithmetic.binary(opcode.code(), left & mask(type), right), type);
            case GE, GT, LE, LT -> type.isSigned()
                    ? Arithmetic.binary(opcode.code(), left, right)
                    : Arithmetic.binary(opcode.code(), left ^ Long.MIN_VALUE, right ^ Long.MIN_VALUE);
            case EQ, NE -> Arithmetic.binary(opcode.code(), left, right);
            default -> normalised(Arithmetic.binary(opcode.code(), left, right), type);
        };
    }

    private static long mask(BaseType type) {
        return type.size() >= Long.BYTES ? -1 : (1L << (type.size() * Byte.SIZE)) - 1;
    }

    private static long ofNumbers(Opcode opcode, double left, double right, BaseType type) {
        return switch (opcode) {
            case PLUS -> bits(left + right, type);
            case MINUS -> bits(left - right, type);
            case MUL -> bits(left * right, type);
            case DIV -> bits(left / right, type);
            case EQ -> left == right ? 1 : 0;
            case NE -> left != right ? 1 : 0;
            case GE -> left >= right ? 1 : 0;
            case GT -> left > right ? 1 : 0;
            case LE -> left <= right ? 1 : 0;
            case LT -> left < right ? 1 : 0;
            default -> throw new CannotKnow(opcode + " of floating-point numbers");
        };
    }

    static long convert(long value, BaseType from, BaseType to) {
        if (from.isFloat()) {
            double number = number(value, from);
            return to.isFloat() ? bits(number, to) : normalised(whole(number, to), to);
        }
        if (!to.isFloat()) {
            return normalised(value, to);
        }
        boolean large = !from.isSigned() && value < 0;
        return bits(large ? (value >>> 1 | value & 1) * 2.0 : value, to);
    }

    private static long whole(double number, BaseType type) {
        double limit = 0x1p63;
        if (!type.isSigned() && number >= limit) {
            return (long) (number - limit) ^ Long.MIN_VALUE;
        }
        return (long) number;
    }

    private static double number(long bits, BaseType type) {
        return type.size() == Float.BYTES ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    private static long bits(double number, BaseType type) {
        return type.size() == Float.BYTES
                ? Float.floatToRawIntBits((float) number) & 0xffff_ffffL
                : Double.doubleToRawLongBits(number);
    }
}
