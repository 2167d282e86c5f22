package dev.pulpo.elf.dwarf;

import java.math.BigInteger;
import java.util.List;

/** Names the values of enumerations, as gdb does. */
final class EnumNames {
    private EnumNames() {}

    /** The name of a value; empty if it has none. */
    static String of(List<EnumLayout.Value> constants, BigInteger number) {
        return constants.stream().filter(constant -> constant.number() == number.longValue())
                .map(EnumLayout.Value::name).findFirst()
                .orElseGet(
                        () -> number.signum() > 0 && areFlags(constants) ? flags(constants, number.longValue()) : "");
    }

    /** Whether all constants are bits, or runs of bits, so that a value may be several of them. */
    private static boolean areFlags(List<EnumLayout.Value> constants) {
        return !constants.isEmpty() && constants.stream().mapToLong(EnumLayout.Value::number)
                .allMatch(number -> number >= 0 && isRun(number));
    }

    private static boolean isRun(long number) {
        long shifted = number >> Long.numberOfTrailingZeros(number);
        return number == 0 || (shifted & (shifted + 1)) == 0;
    }

    private static String flags(List<EnumLayout.Value> constants, long number) {
        StringBuilder text = new StringBuilder("(");
        long left = number;
        for (EnumLayout.Value constant : constants) {
            if ((left & constant.number()) != 0 && (number & constant.number()) == constant.number()) {
                text.append(text.length() > 1 ? " | " : "").append(constant.name());
                left &= ~constant.number();
            }
        }
        if (left != 0) {
            text.append(text.length() > 1 ? " | " : "").append("unknown: 0x").append(Long.toHexString(left));
        }
        return text.append(')').toString();
    }
}
