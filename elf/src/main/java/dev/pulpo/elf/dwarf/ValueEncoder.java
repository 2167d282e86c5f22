package dev.pulpo.elf.dwarf;

import java.math.BigInteger;
import java.util.List;

/** Makes the bytes of a value from its text, by its type. */
final class ValueEncoder {
    private ValueEncoder() {}

    static byte[] bytes(DataType type, String text) {
        String word = text.strip();
        int size = (int) Math.min(type.size().orElse(0), Integer.MAX_VALUE);
        return switch (type) {
            case DataType.Base base -> base.encoding() == DataType.Encoding.FLOATING
                    ? floating(base, size, word)
                    : whole(base, size, base.signed(), number(base, word));
            case DataType.Enumeration values -> whole(values, size,
                    values.constants().stream().anyMatch(constant -> constant.number() < 0), constant(values, word));
            case DataType.Pointer pointer -> {
                if (pointer.reference()) {
                    throw unwritable(type);
                }
                yield whole(pointer, size, false, number(pointer, word));
            }
            default -> throw unwritable(type);
        };
    }

    private static NoDataException unwritable(DataType type) {
        return new NoDataException("values of type " + type.name() + " cannot be written as a whole");
    }

    private static BigInteger number(DataType type, String word) {
        boolean isTruth = type instanceof DataType.Base base && base.encoding() == DataType.Encoding.BOOLEAN;
        if (isTruth && (word.equals("true") || word.equals("false"))) {
            return word.equals("true") ? BigInteger.ONE : BigInteger.ZERO;
        }
        if (word.length() == 3 && word.startsWith("'") && word.endsWith("'")) {
            return BigInteger.valueOf(word.charAt(1));
        }
        BigInteger number = parsed(type, word);
        if (isTruth && number.bitLength() > 1) {
            throw unfit(type, word);
        }
        return number;
    }

    private static BigInteger parsed(DataType type, String word) {
        boolean negative = word.startsWith("-");
        String digits = negative ? word.substring(1) : word;
        boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
        try {
            if (digits.startsWith("-") || digits.startsWith("+")) {
                throw unfit(type, word);
            }
            BigInteger number = hex ? new BigInteger(digits.substring(2), 16) : new BigInteger(digits);
            return negative ? number.negate() : number;
        } catch (NumberFormatException e) {
            throw unfit(type, word);
        }
    }

    private static NoDataException unfit(DataType type, String word) {
        return new NoDataException("'" + word + "' is no value of type " + type.name());
    }

    private static BigInteger constant(DataType.Enumeration type, String word) {
        if (word.matches("-?[0-9].*")) {
            return parsed(type, word);
        }
        BigInteger number = BigInteger.ZERO;
        for (String name : word.split("\\|", -1)) {
            number = number.or(type.constants().stream().filter(constant -> constant.name().equals(name.strip()))
                    .map(constant -> BigInteger.valueOf(constant.number())).findFirst()
                    .orElseThrow(() -> new NoDataException(type.name() + " has no constant " + name.strip()
                            + known(type.constants()))));
        }
        return number;
    }

    private static String known(List<EnumLayout.Value> constants) {
        return constants.size() > 20
                ? ""
                : "; it has " + String.join(", ", constants.stream().map(EnumLayout.Value::name).toList());
    }

    private static byte[] whole(DataType type, int size, boolean signed, BigInteger number) {
        int bits = size * Byte.SIZE;
        boolean fits = signed ? number.bitLength() < bits : number.signum() >= 0 && number.bitLength() <= bits;
        if (size < 1 || size > 2 * Long.BYTES || !fits) {
            throw new NoDataException("the number " + number + " does not fit into " + size
                    + (size == 1 ? " byte" : " bytes") + " of type " + type.name());
        }
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = number.shiftRight(i * Byte.SIZE).byteValue();
        }
        return bytes;
    }

    private static byte[] floating(DataType.Base type, int size, String word) {
        try {
            return switch (size) {
                case Float.BYTES -> whole(type, size, false,
                        BigInteger.valueOf(Integer.toUnsignedLong(Float.floatToRawIntBits(Float.parseFloat(word)))));
                case Double.BYTES -> whole(type, size, false, new BigInteger(
                        Long.toUnsignedString(Double.doubleToRawLongBits(Double.parseDouble(word)))));
                default -> throw new NoDataException("numbers of type " + type.name() + " cannot be written");
            };
        } catch (NumberFormatException e) {
            throw unfit(type, word);
        }
    }
}
