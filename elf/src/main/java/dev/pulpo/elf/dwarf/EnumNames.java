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

    /** Whether each constant is a bit of its own or none, so that a value may be several. */
    private static boolean areFlags(List<EnumLayout.Value> constants) {
        long seen = 0;
        for (EnumLayout.Value constant : constants) {
            if (Long.bitCount(constant.number()) > 1 || (seen & constant.number()) != 0) {
                return false;
            }
            seen |= constant.number();
        }
        return seen != 0;
    }

    private static String flags(List<EnumLayout.Value> constants, long number) {
        StringBuilder text = new StringBuilder("(");
        long left = number;
        for (EnumLayout.Value constant : constants) {
            if ((left & constant.number()) != 0) {
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
