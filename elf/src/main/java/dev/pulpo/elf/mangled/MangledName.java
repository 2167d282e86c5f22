package dev.pulpo.elf.mangled;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a mangled name by recursive descent. The names of the methods are those of the productions in the Itanium C++ ABI,
 * section 5.1.
 */
final class MangledName {
    /** How deep productions may lie in each other. */
    private static final int DEEPEST = 200;
    /** How many characters may be made on the way, because substitutions can double a name at each step. */
    private static final int MOST = 1 << 20;
    private static final int LONGEST_RESULT = 1 << 15;

    private final String name;
    private int at;
    private int depth;
    private int made;
    private final List<TypeText> substitutions = new ArrayList<>();
    /** The arguments of the template whose function or variable is named: what {@code T_} means. */
    private List<TypeText> arguments = List.of();
    private final MangledExpression expressions = new MangledExpression(this);

    /** The name is not one, or goes beyond a limit. */
    static final class NotUnderstoodException extends Exception {
        private static final long serialVersionUID = 1L;

        NotUnderstoodException() {
            super("no mangled name that is understood", null, false, false);
        }
    }

    /** A name and what is known of it, for the function type behind it. */
    private record Named(String text, boolean template, boolean returns, String qualifiers) {}

    private MangledName(String name) {
        this.name = name;
    }

    static Optional<String> read(String symbol) {
        MangledName reader = new MangledName(symbol);
        try {
            reader.at = 2;
            String text = reader.encoding() + reader.clones();
            return reader.at == symbol.length() && text.length() <= LONGEST_RESULT
                    ? Optional.of(text)
                    : Optional.empty();
        } catch (NotUnderstoodException e) {
            return Optional.empty();
        }
    }

    char peek() {
        return peek(0);
    }

    char peek(int ahead) {
        return at + ahead < name.length() ? name.charAt(at + ahead) : 0;
    }

    boolean take(String text) {
        if (name.startsWith(text, at)) {
            at += text.length();
            return true;
        }
        return false;
    }

    void need(String text) throws NotUnderstoodException {
        if (!take(text)) {
            throw new NotUnderstoodException();
        }
    }

    /** The next two letters, which name an operator. */
    String two() {
        return name.substring(at, Math.min(name.length(), at + 2));
    }

    void enter() throws NotUnderstoodException {
        if (++depth > DEEPEST) {
            throw new NotUnderstoodException();
        }
    }

    void leave() {
        depth--;
    }

    /** Counts what is made. */
    String limited(String text) throws NotUnderstoodException {
        made += text.length();
        if (made > MOST) {
            throw new NotUnderstoodException();
        }
        return text;
    }

    private TypeText limited(TypeText type) throws NotUnderstoodException {
        limited(type.text());
        return type;
    }

    private TypeText remembered(TypeText type) throws NotUnderstoodException {
        substitutions.add(limited(type));
        return type;
    }

    int number() throws NotUnderstoodException {
        int start = at;
        while (Character.isDigit(peek()) && peek() < 0x80) {
            at++;
        }
        if (at == start || at - start > 9) {
            throw new NotUnderstoodException();
        }
        return Integer.parseInt(name.substring(start, at));
    }

    String digits() {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        return name.substring(start, at);
    }

    /** {@code _}, or a number and {@code _}: 0, or the number and 1. */
    int sequence() throws NotUnderstoodException {
        int found = peek() == '_' ? 0 : number() + 1;
        need("_");
        return found;
    }

    /** Copies that compilers make of functions carry their kind behind a dot. */
    private String clones() {
        StringBuilder text = new StringBuilder();
        while (peek() == '.' && (Character.isLetter(peek(1)) || peek(1) == '_' || Character.isDigit(peek(1)))) {
            int start = at++;
            if (Character.isDigit(peek())) {
                digits();
            } else {
                while (Character.isLetter(peek()) || peek() == '_') {
                    at++;
                }
            }
            while (peek() == '.' && Character.isDigit(peek(1))) {
                at++;
                digits();
            }
            text.append(" [clone ").append(name, start, at).append(']');
        }
        return text.toString();
    }

    String encoding() throws NotUnderstoodException {
        enter();
        String text = peek() == 'T' || peek() == 'G' ? special() : function(true);
        leave();
        return limited(text);
    }

    /** @param whole whether with what a function template returns */
    private String function(boolean whole) throws NotUnderstoodException {
        Named named = name(true);
        if (at == name.length() || peek() == 'E' || peek() == '.') {
            return named.text;
        }
        TypeText result = named.template && named.returns ? type() : TypeText.plain("");
        String signature = named.text + "(" + parameters() + ")" + named.qualifiers;
        if (whole && named.template && named.returns) {
            return result.left() + (result.right().isEmpty() ? " " : "") + signature + result.right();
        }
        return signature;
    }

    private String parameters() throws NotUnderstoodException {
        if (take("v")) {
            return "";
        }
        List<TypeText> types = new ArrayList<>();
        while (at < name.length() && peek() != 'E' && peek() != '.' && !((peek() == 'R' || peek() == 'O')
                && peek(1) == 'E')) {
            types.add(type());
        }
        if (types.isEmpty()) {
            throw new NotUnderstoodException();
        }
        return limited(TypeText.list(types));
    }

    private String special() throws NotUnderstoodException {
        String code = two();
        at += code.length();
        return switch (code) {
            case "TV" -> "vtable for " + type().text();
            case "TT" -> "VTT for " + type().text();
            case "TI" -> "typeinfo for " + type().text();
            case "TS" -> "typeinfo name for " + type().text();
            case "TW" -> "TLS wrapper function for " + name(false).text;
            case "TH" -> "TLS init function for " + name(false).text;
            case "Th", "Tv" -> {
                at--;
                boolean virtual = callOffset();
                yield (virtual ? "virtual thunk to " : "non-virtual thunk to ") + encoding();
            }
            case "Tc" -> {
                callOffset();
                callOffset();
                yield "covariant return thunk to " + encoding();
            }
            case "TC" -> {
                String derived = type().text();
                digits();
                need("_");
                yield "construction vtable for " + type().text() + "-in-" + derived;
            }
            case "TA" -> "template parameter object for " + argument().text();
            case "GV" -> "guard variable for " + name(false).text;
            case "GR" -> {
                String of = name(false).text;
                int which = peek() == '_' || at < name.length() ? sequence() : 0;
                yield "reference temporary #" + which + " for " + of;
            }
            case "GT" -> {
                boolean safe = take("t");
                if (!safe) {
                    need("n");
                }
                yield (safe ? "transaction clone for " : "non-transaction clone for ") + encoding();
            }
            default -> throw new NotUnderstoodException();
        };
    }

    private boolean callOffset() throws NotUnderstoodException {
        boolean virtual = take("v");
        if (!virtual) {
            need("h");
        }
        for (int i = 0; i < (virtual ? 2 : 1); i++) {
            take("n");
            number();
            need("_");
        }
        return virtual;
    }

    /** @param outer whether its template arguments are what {@code T_} means from here on */
    private Named name(boolean outer) throws NotUnderstoodException {
        enter();
        Named named = switch (peek()) {
            case 'N' -> nested(outer);
            case 'Z' -> local();
            default -> unscoped(outer);
        };
        leave();
        return named;
    }

    private Named unscoped(boolean outer) throws NotUnderstoodException {
        String text;
        boolean known = peek() == 'S' && peek(1) != 't';
        boolean returns = true;
        if (known) {
            text = substitution().text();
        } else {
            String scope = take("St") ? "std::" : "";
            returns = !name.startsWith("cv", at);
            text = scope + unqualified();
        }
        if (peek() == 'I') {
            if (!known) {
                remembered(TypeText.plain(text));
            }
            return new Named(text + opening(text) + arguments(outer).text(), true, returns, "");
        }
        if (known) {
            throw new NotUnderstoodException();
        }
        return new Named(text, false, returns, "");
    }

    private static String opening(String text) {
        return text.endsWith("<") ? " " : "";
    }

    private Named nested(boolean outer) throws NotUnderstoodException {
        need("N");
        String qualifiers = qualifiers();
        qualifiers += take("R") ? " &" : take("O") ? " &&" : "";
        TypeText prefix = TypeText.plain("");
        String last = "";
        boolean template = false;
        boolean returns = true;
        while (!take("E")) {
            boolean first = prefix.text().isEmpty();
            boolean kept = true;
            take("L");
            if (peek() == 'S' && peek(1) != 't' && first) {
                prefix = substitution();
                last = lastName(prefix.text());
                kept = false;
            } else if (first && take("St")) {
                prefix = TypeText.plain("std");
                kept = false;
            } else if (peek() == 'T' && first) {
                prefix = templateParameter();
            } else if (peek() == 'D' && (peek(1) == 't' || peek(1) == 'T') && first) {
                prefix = type();
                kept = false;
            } else if (peek() == 'I' && !first && !template) {
                TypeText list = arguments(outer);
                prefix = joined(prefix, opening(prefix.text()), list);
                template = true;
                if (peek() != 'E') {
                    remembered(prefix);
                }
                continue;
            } else if (peek() == 'C' && !first) {
                at++;
                boolean inherited = take("I");
                digits();
                if (inherited) {
                    type();
                }
                prefix = joined(prefix, "::", TypeText.plain(last));
                returns = false;
            } else if (peek() == 'D' && peek(1) >= '0' && peek(1) <= '5' && !first) {
                at += 2;
                prefix = joined(prefix, "::~", TypeText.plain(last));
                returns = false;
            } else {
                returns = !name.startsWith("cv", at);
                String part = unqualified();
                last = withoutTags(part);
                prefix = first ? TypeText.plain(part) : joined(prefix, "::", TypeText.plain(part));
            }
            template = false;
            if (take("M")) {
                // The initialiser of a data member, in which a lambda stands.
                kept = true;
            }
            if (kept && peek() != 'E') {
                remembered(prefix);
            }
        }
        if (prefix.text().isEmpty()) {
            throw new NotUnderstoodException();
        }
        return new Named(prefix.text(), template, returns, qualifiers);
    }

    private TypeText joined(TypeText prefix, String between, TypeText more) throws NotUnderstoodException {
        if (more.kind() == TypeText.Kind.PACK) {
            List<TypeText> each = new ArrayList<>();
            for (TypeText part : more.parts()) {
                each.add(joined(prefix, between, part));
            }
            return TypeText.pack(each);
        }
        return TypeText.plain(limited(prefix.text() + between + more.text()));
    }

    private static String withoutTags(String text) {
        int tag = text.indexOf('[');
        return tag > 0 && !text.startsWith("operator") ? text.substring(0, tag) : text;
    }

    /** The last part of a name without template arguments, which constructors have for their name. */
    private static String lastName(String text) {
        int angles = 0;
        int end = text.length();
        for (int i = text.length() - 1; i > 0; i--) {
            char c = text.charAt(i);
            if (c == '>' || c == ')' || c == '}') {
                angles++;
            } else if (c == '<' || c == '(' || c == '{') {
                angles--;
                end = angles == 0 && c == '<' ? i : end;
            } else if (angles == 0 && c == ':' && text.charAt(i - 1) == ':') {
                return withoutTags(text.substring(i + 1, end));
            }
        }
        return withoutTags(text.substring(0, end));
    }

    private Named local() throws NotUnderstoodException {
        need("Z");
        List<TypeText> around = arguments;
        String scope = peek() == 'T' || peek() == 'G' ? encoding() : function(false);
        need("E");
        if (take("s")) {
            discriminator();
            return new Named(scope + "::string literal", false, true, "");
        }
        String argument = "";
        if (take("d")) {
            int which = peek() == '_' ? 1 : number() + 2;
            need("_");
            argument = "::{default arg#" + which + "}";
        }
        Named entity = name(true);
        discriminator();
        if (arguments.isEmpty()) {
            arguments = around;
        }
        return new Named(limited(scope + argument + "::" + entity.text), entity.template, entity.returns,
                entity.qualifiers);
    }

    private void discriminator() throws NotUnderstoodException {
        if (take("__")) {
            number();
            need("_");
        } else if (peek() == '_' && Character.isDigit(peek(1))) {
            at += 2;
        }
    }

    String unqualified() throws NotUnderstoodException {
        take("L");
        String text;
        if (Character.isDigit(peek())) {
            text = source();
        } else if (take("Ut")) {
            text = "{unnamed type#" + (sequence() + 1) + "}";
        } else if (take("Ul")) {
            String parameters = parameters();
            need("E");
            text = "{lambda(" + parameters + ")#" + (sequence() + 1) + "}";
        } else if (take("DC")) {
            StringBuilder parts = new StringBuilder();
            while (!take("E")) {
                parts.append(parts.isEmpty() ? "" : ", ").append(source());
            }
            text = "[" + parts + "]";
        } else {
            text = operator();
        }
        StringBuilder tagged = new StringBuilder(text);
        while (take("B")) {
            tagged.append("[abi:").append(source()).append(']');
        }
        return limited(tagged.toString());
    }

    private String source() throws NotUnderstoodException {
        int length = number();
        if (length == 0 || length > name.length() - at) {
            throw new NotUnderstoodException();
        }
        String text = name.substring(at, at + length);
        at += length;
        return text.startsWith("_GLOBAL__N") ? "(anonymous namespace)" : text;
    }

    String operator() throws NotUnderstoodException {
        if (take("cv")) {
            return "operator " + type().text();
        }
        if (take("li")) {
            return "operator\"\" " + source();
        }
        String operator = Codes.OPERATORS.get(two());
        if (operator == null) {
            throw new NotUnderstoodException();
        }
        at += 2;
        return "operator" + (Character.isLetter(operator.charAt(0)) ? " " : "") + operator;
    }

    private TypeText substitution() throws NotUnderstoodException {
        need("S");
        String characters = "std::char_traits<char>";
        TypeText found = switch (peek()) {
            case 'a' -> TypeText.plain("std::allocator");
            case 'b' -> TypeText.plain("std::basic_string");
            case 's' -> TypeText.plain("std::basic_string<char, " + characters + ", std::allocator<char> >");
            case 'i' -> TypeText.plain("std::basic_istream<char, " + characters + " >");
            case 'o' -> TypeText.plain("std::basic_ostream<char, " + characters + " >");
            case 'd' -> TypeText.plain("std::basic_iostream<char, " + characters + " >");
            default -> null;
        };
        if (found != null) {
            at++;
            return found;
        }
        int index = 0;
        if (peek() != '_') {
            while (Character.isDigit(peek()) || peek() >= 'A' && peek() <= 'Z') {
                index = index * 36 + Character.digit(peek(), 36);
                if (index > name.length()) {
                    throw new NotUnderstoodException();
                }
                at++;
            }
            index++;
        }
        need("_");
        if (index >= substitutions.size()) {
            throw new NotUnderstoodException();
        }
        return limited(substitutions.get(index));
    }

    TypeText templateParameter() throws NotUnderstoodException {
        need("T");
        int index = sequence();
        if (index < arguments.size()) {
            return limited(arguments.get(index));
        }
        if (arguments.isEmpty()) {
            // In the signature of a generic lambda (5.1.8) it has no name.
            return TypeText.plain("auto:" + (index + 1));
        }
        throw new NotUnderstoodException();
    }

    /** Between angle brackets, with those; a pack where one of the arguments is such. */
    TypeText arguments(boolean outer) throws NotUnderstoodException {
        enter();
        need("I");
        List<TypeText> all = new ArrayList<>();
        if (outer) {
            arguments = List.of();
        }
        while (!take("E")) {
            boolean list = peek() == 'J' && !outer;
            TypeText argument = argument();
            all.add(list ? argument.expanded() : argument);
        }
        leave();
        if (outer) {
            arguments = List.copyOf(all);
        }
        int size = all.stream().filter(each -> each.kind() == TypeText.Kind.PACK && !outer)
                .mapToInt(each -> each.parts().size()).findFirst().orElse(-1);
        if (size < 0) {
            return TypeText.plain(bracketed(all));
        }
        List<TypeText> each = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            List<TypeText> one = new ArrayList<>();
            for (TypeText type : all) {
                boolean pack = type.kind() == TypeText.Kind.PACK;
                if (pack && type.parts().size() != size) {
                    throw new NotUnderstoodException();
                }
                one.add(pack ? type.parts().get(i) : type);
            }
            each.add(TypeText.plain(bracketed(one)));
        }
        return TypeText.pack(each);
    }

    private String bracketed(List<TypeText> types) throws NotUnderstoodException {
        String list = limited(TypeText.list(types));
        // As c++filt does, which forgets what it wrote last where nothing follows.
        boolean forgotten = types.size() > 1 && types.getLast().text().isEmpty();
        return "<" + list + (list.endsWith(">") && !forgotten ? " >" : ">");
    }

    TypeText argument() throws NotUnderstoodException {
        enter();
        TypeText found;
        if (peek() == 'L') {
            found = TypeText.plain(expressions.literal());
        } else if (take("X")) {
            found = TypeText.plain(expressions.read());
            need("E");
        } else if (take("J")) {
            List<TypeText> parts = new ArrayList<>();
            while (!take("E")) {
                parts.add(argument());
            }
            found = TypeText.pack(parts);
        } else {
            found = type();
        }
        leave();
        return found;
    }

    private String qualifiers() {
        StringBuilder words = new StringBuilder();
        // The order of the standard is restrict, volatile, const; people read it the other way round.
        boolean restrict = take("r");
        boolean isVolatile = take("V");
        boolean isConst = take("K");
        words.append(isConst ? " const" : "").append(isVolatile ? " volatile" : "")
                .append(restrict ? " __restrict" : "");
        return words.toString();
    }

    TypeText type() throws NotUnderstoodException {
        enter();
        TypeText type = anyType();
        leave();
        return limited(type);
    }

    private TypeText anyType() throws NotUnderstoodException {
        char first = peek();
        if (first == 'r' || first == 'V' || first == 'K') {
            String words = qualifiers();
            // The qualifiers of a function belong to its type (5.1.5.2).
            return remembered((peek() == 'F' ? functionType() : type()).qualified(words));
        }
        String builtin = Codes.TYPES.get(first == 'D' ? two() : String.valueOf(first));
        if (builtin != null) {
            at += first == 'D' ? 2 : 1;
            return TypeText.plain(builtin);
        }
        return switch (first) {
            case 'P' -> {
                at++;
                yield remembered(type().pointer("*"));
            }
            case 'R', 'O' -> {
                at++;
                yield remembered(type().reference(first == 'O'));
            }
            case 'C', 'G' -> {
                at++;
                yield remembered(type().qualified(first == 'C' ? " _Complex" : " _Imaginary"));
            }
            case 'F' -> remembered(functionType());
            case 'A' -> {
                at++;
                String size = Character.isDigit(peek()) || peek() == '_' ? digits() : expressions.read();
                need("_");
                yield remembered(type().array(size));
            }
            case 'M' -> {
                at++;
                String of = type().text();
                yield remembered(type().pointer(of + "::*"));
            }
            case 'U' -> {
                at++;
                String vendor = source() + (peek() == 'I' ? arguments(false).text() : "");
                yield remembered(type().qualified(" " + vendor));
            }
            case 'u' -> {
                at++;
                yield remembered(TypeText.plain(source()));
            }
            case 'T' -> template(remembered(templateParameter()));
            case 'D' -> described();
            case 'S' -> {
                if (peek(1) == 't') {
                    yield remembered(TypeText.plain(name(false).text));
                }
                yield template(substitution());
            }
            default -> {
                if (Character.isDigit(first) || first == 'N' || first == 'Z') {
                    yield named();
                }
                throw new NotUnderstoodException();
            }
        };
    }

    /** A type by its name; a pack of types where its arguments are one. */
    private TypeText named() throws NotUnderstoodException {
        return remembered(TypeText.plain(name(false).text));
    }

    private TypeText template(TypeText of) throws NotUnderstoodException {
        return peek() == 'I' ? remembered(joined(of, "", arguments(false))) : of;
    }

    private TypeText functionType() throws NotUnderstoodException {
        need("F");
        take("Y");
        TypeText result = type();
        String parameters = parameters();
        String reference = take("R") ? " &" : take("O") ? " &&" : "";
        need("E");
        return new TypeText(result.left() + (result.right().isEmpty() ? " " : ""),
                "(" + parameters + ")" + reference + result.right(), TypeText.Kind.FUNCTION, List.of());
    }

    private TypeText described() throws NotUnderstoodException {
        if (take("Dp")) {
            return type().expanded();
        }
        if (take("Dt") || take("DT")) {
            String text = "decltype (" + expressions.read() + ")";
            need("E");
            return remembered(TypeText.plain(text));
        }
        if (take("Do")) {
            return remembered(functionType().qualified(" noexcept"));
        }
        if (take("Dv")) {
            String size = digits();
            need("_");
            return remembered(type().qualified(" __vector(" + size + ")"));
        }
        if (take("DF")) {
            String bits = digits();
            String kind = take("b") ? "std::bfloat" + bits + "_t" : "_Float" + bits + (take("x") ? "x" : "");
            take("_");
            return TypeText.plain(kind);
        }
        throw new NotUnderstoodException();
    }
}
