package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.UnitValues;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Locations as {@code llvm-dwarfdump} prints them, and as they print themselves, in one spelling. */
final class DumpedExpression {
    private static final Pattern TYPE = Pattern.compile("\\(0x([0-9a-f]+)\\) \"[^\"]*\"");
    private static final String UNKNOWN = "<decoding error> ";

    private DumpedExpression() {}

    /** That these are the bytes is their word; what they mean is ours. */
    private static String decoded(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex.strip());
        return Expression.read(ByteCursor.of(MemorySegment.ofArray(bytes), "printed", 0), UnitValues.ofFrames())
                .toString();
    }

    /** Without where a list begins, the names of types, and different ways to write the same number. */
    static String normalised(String printed, long unit) {
        return printed.lines().map(String::strip).filter(line -> !line.matches("0x[0-9a-f]+:"))

                .map(line -> line(line, unit)).collect(Collectors.joining("\n"));
    }

    private static String line(String line, long unit) {
        // They count from the beginning of the section to types.
        String text = TYPE.matcher(line)
                .replaceAll(found -> "0x" + Long.toHexString(Long.parseLong(found.group(1), 16) - unit));
        text = text.replace("DW_OP_fbreg +", "DW_OP_fbreg ");
        // LLVM 14 does not know the operation, and gives the bytes from there on.
        int unknown = text.indexOf(UNKNOWN);
        text = unknown < 0 ? text : text.substring(0, unknown) + decoded(text.substring(unknown + UNKNOWN.length()));
        return text.replaceAll("0x0+([0-9a-f])", "0x$1").toLowerCase(Locale.ROOT);
    }

    static String of(LocationEntry entry) {
        return line(entry.toString().replaceAll("DW_OP_(bra|skip) (?=[0-9])", "DW_OP_$1 +"), 0);
    }
}
