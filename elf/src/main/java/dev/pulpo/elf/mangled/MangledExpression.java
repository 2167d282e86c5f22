package dev.pulpo.elf.mangled;

import dev.pulpo.elf.mangled.MangledName.NotUnderstoodException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads the expressions in mangled names (Itanium C++ ABI, section 5.1.6). */
final class MangledExpression {
    /** The types of numbers that have a suffix instead. */
    private static final Map<String, String> SUFFIXES = Map.of("int", "", "unsigned int", "u", "long", "l",
            "unsigned long", "ul", "long long", "ll", "unsigned long long", "ull");

    private final MangledName names;

    MangledExpression(MangledName names) {
        this.names = names;
    }

    String literal() throws NotUnderstoodException {
        names.need("L");
        if (names.take("_Z")) {
            String text = names.encoding();
            names.need("E");
            return text;
        }
        String type = names.type().text();
        boolean negative = names.take("n");
        String digits = names.digits();
        names.need("E");
        String value = (negative ? "-" : "") + digits;
        if (type.equals("bool") && (digits.equals("0") || digits.equals("1"))) {
            return digits.equals("1") ? "true" : "false";
        }
        String suffix = SUFFIXES.get(type);
        return suffix == null || digits.isEmpty() ? "(" + type + ")" + value : value + suffix;
    }

    String read() throws NotUnderstoodException {
        names.enter();
        String text = any();
        names.leave();
        return names.limited(text);
    }

    private String any() throws NotUnderstoodException {
        char first = names.peek();
        if (first == 'L') {
            return literal();
        }
        if (first == 'T') {
            return names.templateParameter().text();
        }
        if (names.take("fpT")) {
            return "this";
        }
        if (names.take("fp")) {
            return "{parm#" + (names.sequence() + 1) + "}";
        }
        String code = names.two();
        if (Codes.UNARY.contains(" " + code + " ")) {
            names.take(code);
            return Codes.OPERATORS.get(code) + operand();
        }
        if (Codes.BINARY.contains(" " + code + " ")) {
            names.take(code);
            String left = operand();
            String text = left + Codes.OPERATORS.get(code) + operand();
            return code.equals("gt") ? "(" + text + ")" : text;
        }
        return switch (code) {
            case "qu" -> {
                names.take(code);
                String condition = operand();
                String yes = operand();
                yield condition + "?" + yes + " : " + operand();
            }
            case "st" -> {
                names.take(code);
                yield "sizeof (" + names.type().text() + ")";
            }
            case "sz" -> {
                names.take(code);
                yield "sizeof " + operand();
            }
            case "sr" -> {
                names.take(code);
                yield scope() + "::" + simple();
            }
            case "cl" -> {
                names.take(code);
                String called = operand();
                yield called + "(" + list() + ")";
            }
            case "cv" -> {
                names.take(code);
                String type = names.type().text();
                yield "(" + type + ")(" + (names.take("_") ? list() : read()) + ")";
            }
            case "tl", "il" -> {
                names.take(code);
                String type = code.equals("tl") ? names.type().text() : "";
                yield type + "{" + list() + "}";
            }
            default -> simple();
        };
    }

    /** Between parentheses, unless it is a name or a list. */
    private String operand() throws NotUnderstoodException {
        boolean bare = Character.isDigit(names.peek()) || List.of("sr", "fp", "tl", "il").contains(names.two());
        String text = read();
        return bare && !text.endsWith(">") ? text : "(" + text + ")";
    }

    private String scope() throws NotUnderstoodException {
        if (!Character.isDigit(names.peek())) {
            return names.type().text();
        }
        StringBuilder levels = new StringBuilder();
        while (!names.take("E")) {
            levels.append(levels.isEmpty() ? "" : "::").append(simple());
        }
        return levels.toString();
    }

    private String simple() throws NotUnderstoodException {
        boolean operator = names.take("on");
        String text = operator ? names.operator() : names.unqualified();
        return names.peek() == 'I' ? text + names.arguments(false).text() : text;
    }

    private String list() throws NotUnderstoodException {
        List<String> all = new ArrayList<>();
        while (!names.take("E")) {
            all.add(read());
        }
        return String.join(", ", all);
    }
}
