package dev.pulpo.elf.mangled;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names of functions and variables of C++ programs, as c++filt(1) writes them. Symbols hold them mangled (Itanium C++ ABI,
 * section 5.1). Whoever made a file may have made names that are to take long or to have no end, so length and depth are
 * bounded; what is not understood, or is longer, stays as it is.
 */
public final class CxxNames {
    /** Longer names are left as they are, in characters. */
    private static final int LONGEST = 4096;
    /** A mangled name in a text, but not as a part of a path. */
    private static final Pattern MANGLED = Pattern
            .compile("(?U)(?<![\\w$./])_Z[\\w$]+(?:[.][\\w$.]*[\\w$])?(?![\\w$/])");

    private CxxNames() {}

    /**
     * The name that a symbol stands for; empty where it is not mangled, or not understood. Lengths in names count bytes, so
     * that only ASCII is read.
     */
    public static Optional<String> of(String symbol) {
        return symbol.startsWith("_Z") && symbol.length() <= LONGEST && symbol.chars().allMatch(c -> c < 0x80)
                ? MangledName.read(symbol)
                : Optional.empty();
    }

    /** A text with mangled names replaced by what they stand for. */
    public static String in(String text) {
        if (!text.contains("_Z")) {
            return text;
        }
        StringBuilder readable = new StringBuilder();
        Matcher names = MANGLED.matcher(text);
        while (names.find()) {
            names.appendReplacement(readable, Matcher.quoteReplacement(of(names.group()).orElse(names.group())));
        }
        return names.appendTail(readable).toString();
    }

    /**
     * Whether a symbol is meant by a name: the symbol itself, or the name that it stands for. That of a function may be given
     * without the parameters, unless it is a thunk or a part of another.
     */
    public static boolean isCalled(String symbol, String name) {
        boolean whole = !symbol.startsWith("_ZT") && !symbol.startsWith("_ZG") && symbol.indexOf('.') < 0;
        return symbol.equals(name) || of(symbol).filter(readable -> readable.equals(name)
                || whole && withoutParameters(readable).equals(name)).isPresent();
    }

    /** The name without its parameters and without what a function template returns. */
    private static String withoutParameters(String readable) {
        int depth = 0;
        int start = 0;
        for (int i = 0; i < readable.length(); i++) {
            char c = readable.charAt(i);
            if (c == '(' && depth == 0 && !readable.startsWith("(anonymous namespace)", i)
                    && !(readable.startsWith("operator", Math.max(0, i - 8)) && readable.startsWith("()", i))) {
                return readable.substring(start, i);
            }
            if (c == ' ' && depth == 0 && !readable.substring(start, i).contains("operator")) {
                start = i + 1;
            }
            depth += c == '<' || c == '(' || c == '{' ? 1 : c == '>' || c == ')' || c == '}' ? -1 : 0;
        }
        return readable.substring(start);
    }
}
