package dev.pulpo.engine.check;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The base types of C and of languages that call it, by what they are on x86-64: signed or not, and their size (psABI,
 * figure 3.1). Compilers spell them differently: {@code long unsigned int} is gcc's, {@code unsigned long} is clang's, and
 * {@code u64} is rustc's; {@code long} and {@code long long} are the same eight bytes.
 */
final class BaseTypes {
    private static final Pattern SPELLING = Pattern.compile(
            "\\b(?:(?:unsigned|signed|short|long|int|char|double|__int128)(?: +(?=[a-z_])|\\b))+");

    private static final Pattern OTHER = Pattern.compile("\\b(?:_Bool|wchar_t|([iu])(8|16|32|64|size)|f(32|64))\\b");

    /** clang does not name the parts of a complex number. */
    private static final Pattern COMPLEX = Pattern.compile("\\bcomplex (?:float|long double|double)\\b");
    /** What g++ calls the type of a variable argument list. */
    private static final String ARGUMENT_LIST = "typedef __va_list_tag __va_list_tag";

    private BaseTypes() {}

    /** The text of a type or signature, with one word for each base type. */
    static String normal(String text) {
        String words = SPELLING.matcher(text).replaceAll(found -> {
            String trailing = found.group().endsWith(" ") ? " " : "";
            return Matcher.quoteReplacement(word(List.of(found.group().strip().split(" +"))) + trailing);
        });
        String merged = COMPLEX.matcher(words.replace(ARGUMENT_LIST, "__va_list_tag")).replaceAll("complex");
        return OTHER.matcher(merged).replaceAll(found -> switch (found.group()) {
            case "_Bool" -> "bool";
            case "wchar_t" -> "int32";
            case "f32" -> "float";
            case "f64" -> "double";
            default -> integer(found.group(1).equals("u"),
                    found.group(2).equals("size") ? Long.SIZE : Integer.parseInt(found.group(2)));
        });
    }

    private static String word(List<String> spelled) {
        List<String> words = new ArrayList<>(spelled);
        boolean unsigned = words.remove("unsigned");
        boolean signed = words.remove("signed");
        if (words.contains("double")) {
            return words.contains("long") ? "long double" : "double";
        }
        if (words.contains("char")) {
            // Plain char is a type of its own.
            return unsigned || signed ? integer(unsigned, Byte.SIZE) : "char";
        }
        int size = words.contains("__int128")
                ? 2 * Long.SIZE
                : words.contains("long")
                        ? Long.SIZE
                        : words.contains("short")
                                ? Short.SIZE
                                : Integer.SIZE;
        return integer(unsigned, size);
    }

    private static String integer(boolean unsigned, int bits) {
        return (unsigned ? "uint" : "int") + bits;
    }
}
