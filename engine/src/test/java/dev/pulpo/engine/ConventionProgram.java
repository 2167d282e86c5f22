package dev.pulpo.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A random C program of many local functions that call each other, and a patch with equal functions that use everything the
 * ABI lets a function use: they change all registers that a caller must not rely on, and need an aligned stack. The
 * functions have parameters that are not used, that are the same for all callers, that are pointers to what is only read, so
 * that compilers have something to change; some are narrower than a register, some are structs in registers or in memory. They
 * call each other directly, through pointers, as the last thing they do, and themselves.
 */
final class ConventionProgram {
    private static final int LAYERS = 4;
    private static final int WORDS = 8;
    private static final String[] TYPES = {"long", "int", "unsigned char", "short", "_Bool", "double", "float",
            "const long*", "long*", "const struct pair*", "struct pair", "struct mixed", "struct triple"};
    private static final List<String> WHOLE = List.of("long", "int", "unsigned char", "short");

    private record Function(String name, int layer, String result, List<String> parameters, List<Integer> used,
            boolean exported, String body) {
        String heading(String as) {
            String list = IntStream.range(0, parameters.size()).mapToObj(i -> parameters.get(i) + " p" + i)
                    .collect(Collectors.joining(", "));
            return result + " " + as + "(" + (list.isEmpty() ? "void" : list) + ")";
        }
    }

    private final Random random;
    private final List<Function> functions = new ArrayList<>();

    ConventionProgram(long seed, int count) {
        random = new Random(seed);
        for (int i = 0; i < count; i++) {
            functions.add(function(i, Math.min(LAYERS - 1, i * LAYERS / count)));
        }
    }

    /** The functions that can be replaced. */
    List<String> names() {
        return functions.stream().map(Function::name).toList();
    }

    private String oneOf(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private Function function(int number, int layer) {
        List<String> parameters = new ArrayList<>();
        List<Integer> used = new ArrayList<>();
        int count = random.nextInt(random.nextInt(8) == 0 ? 9 : 6);
        for (int i = 0; i < count; i++) {
            parameters.add(TYPES[random.nextInt(random.nextBoolean() ? 2 : TYPES.length)]);
            if (random.nextInt(6) != 0) {
                used.add(i);
            }
        }
        String result = oneOf("void", "long", "long", "int", "double", "float", "short", "_Bool", "struct pair",
                "struct mixed", "struct triple");
        StringBuilder body = new StringBuilder();
        int longs = 1 + random.nextInt(layer == 0 ? 3 : 6);
        int doubles = random.nextInt(layer == 0 ? 2 : 4);
        for (int i = 0; i < longs; i++) {
            body.append("    unsigned long v").append(i).append(" = ").append(value(parameters, used, i, 0))
                    .append(";\n");
        }
        for (int i = 0; i < doubles; i++) {
            body.append("    double d").append(i).append(" = ").append(real(parameters, used, i)).append(";\n");
        }
        body.append("    long t[2] = {(long)v0, ").append(number).append("};\n");
        itself(number, result, parameters).ifPresent(call -> body.append("    ").append(call).append('\n'));
        boolean loop = layer >= 2 && random.nextBoolean();
        if (loop) {
            body.append("    for (int i = 0; i < 3; i++) {\n");
        }
        int statements = 1 + random.nextInt(layer == 0 ? 3 : 6);
        for (int i = 0; i < statements; i++) {
            body.append("    ").append(statement(number, layer, parameters, used, longs, doubles)).append('\n');
        }
        if (loop) {
            body.append("    }\n");
        }
        String sum = IntStream.range(0, longs).mapToObj(i -> "v" + i).collect(Collectors.joining(" * 3 + "));
        String reals = IntStream.range(0, doubles).mapToObj(i -> "d" + i + " * 0.25")
                .collect(Collectors.joining(" + ", "", doubles == 0 ? "0.5" : ""));
        List<Function> last = functions.stream().filter(other -> other.layer < layer && other.result.equals(result))
                .toList();
        if (!last.isEmpty() && random.nextInt(3) == 0) {
            Function called = last.get(random.nextInt(last.size()));
            body.append("    g[").append(random.nextInt(WORDS)).append("] ^= ").append(sum).append(";\n    ")
                    .append(result.equals("void") ? "" : "return ")
                    .append(call(called, longs, doubles, parameters)).append(";\n");
            return new Function("f" + number, layer, result, List.copyOf(parameters), List.copyOf(used),
                    random.nextInt(5) == 0, body.toString());
        }
        body.append(switch (result) {
            case "void" ->
                random.nextBoolean() || layer > 0 ? "    g[" + random.nextInt(WORDS) + "] ^= " + sum + ";\n" : "";
            case "double", "float" -> "    return " + reals + " + (double)(" + sum + " & 0xff) * 0.125;\n";
            case "_Bool" -> "    return (" + sum + ") & 4;\n";
            case "struct pair" -> "    return (struct pair){" + sum + ", t[1]};\n";
            case "struct mixed" -> "    return (struct mixed){" + reals + ", " + sum + "};\n";
            case "struct triple" -> "    return (struct triple){" + sum + ", v0, " + number + "};\n";
            default -> "    return " + sum + (doubles == 0 ? "" : " + (unsigned long)(long)(" + reals + ")") + ";\n";
        });
        return new Function("f" + number, layer, result, List.copyOf(parameters), List.copyOf(used),
                random.nextInt(5) == 0, body.toString());
    }

    private String value(List<String> parameters, List<Integer> used, int variable, int depth) {
        if (depth > 2) {
            return Integer.toString(random.nextInt(100));
        }
        String more = value(parameters, used, variable, depth + 1);
        if (!used.isEmpty() && random.nextInt(3) != 0) {
            int p = used.get(random.nextInt(used.size()));
            return switch (parameters.get(p)) {
                case "const long*", "long*" -> "(unsigned long)*p" + p;
                case "const struct pair*" -> "(unsigned long)p" + p + "->a + (unsigned long)p" + p + "->b";
                case "double", "float" -> "(unsigned long)(long)p" + p;
                case "struct pair" -> "(unsigned long)p" + p + oneOf(".a", ".b");
                case "struct mixed" -> "((unsigned long)(long)p" + p + ".d + (unsigned long)p" + p + ".l)";
                case "struct triple" -> "(unsigned long)p" + p + oneOf(".a", ".b", ".c");
                default -> "(unsigned long)p" + p + oneOf(" * 3", " + 1", " ^ 5", " >> 2", "");
            };
        }
        return switch (random.nextInt(4)) {
            case 0 -> "(unsigned long)g[" + random.nextInt(WORDS) + "]";
            case 1 -> "(" + more + ") * " + (2 + random.nextInt(9));
            case 2 -> "(" + more + ") + " + random.nextInt(1000);
            default -> Integer.toString(random.nextInt(1000));
        };
    }

    private String real(List<String> parameters, List<Integer> used, int variable) {
        for (int p : used) {
            if ((parameters.get(p).equals("double") || parameters.get(p).equals("float")) && random.nextBoolean()) {
                return "p" + p + " * 0.5";
            }
        }
        return "r[" + random.nextInt(WORDS) + "] * 0.5 + " + variable + ".25";
    }

    private String statement(int number, int layer, List<String> parameters, List<Integer> used, int longs,
            int doubles) {
        String to = "v" + random.nextInt(longs);
        String from = "v" + random.nextInt(longs);
        List<Function> callable = functions.stream().filter(other -> other.layer < layer).toList();
        if (!callable.isEmpty() && random.nextInt(3) != 0) {
            Function called = callable.get(random.nextInt(callable.size()));
            return take(call(called, longs, doubles, parameters), called.result, to, doubles);
        }
        return switch (random.nextInt(11)) {
            case 9 -> "t[" + random.nextInt(2) + "] ^= (long)" + from + ";";
            case 10 -> to + " += (unsigned long)t[" + random.nextInt(2) + "];";
            case 0 -> "g[" + random.nextInt(WORDS) + "] += (long)" + from + ";";
            case 1 -> doubles == 0
                    ? to + "++;"
                    : "r[" + random.nextInt(WORDS) + "] = d" + random.nextInt(doubles)
                            + " * 0.5 + 0.125;";
            case 2 -> layer == 0
                    ? to + " -= 3;"
                    : to + " += (unsigned long)outside" + (1 + random.nextInt(3)) + "("
                            + "(long)" + from + ", (long)" + to + ", " + value(parameters, used, number, 1) + ");";
            case 3 -> layer == 0 || doubles == 0
                    ? to + " ^= " + from + " << 1;"
                    : "d0 = outside_real(d" + random.nextInt(doubles) + ", " + oneOf("1.5", "r[1]", "0.25")
                            + ") * 0.5;";
            case 4 -> "if (" + from + " & 1) " + to + " += " + value(parameters, used, number, 1) + ";";
            case 5 -> to + " = " + to + " * 5 + " + value(parameters, used, number, 0) + ";";
            case 6 -> to + " += " + from + " / 7 + " + from + " % 11;";
            case 7 ->
                "switch (" + from + " & 7) { case 0: " + to + "++; break; case 1: " + to + " *= 3; break; case 2: "
                        + to + " ^= 9; break; case 3: g[2]++; break; case 4: " + to + " -= 4; break; default: break; }";
            default -> to + " ^= " + from + " >> 3;";
        };
    }

    /** What is done with what a function has returned. */
    private String take(String call, String result, String to, int doubles) {
        return switch (result) {
            case "void" -> call + ";";
            case "double", "float" -> doubles == 0
                    ? to + " += (unsigned long)(long)" + call + ";"
                    : "d" + random.nextInt(doubles) + " = " + call + " * 0.5 + 1.0;";
            default -> to + oneOf(" += ", " ^= ", " = 7 + ") + "(unsigned long)" + call + switch (result) {
                case "struct pair" -> oneOf(".a", ".b");
                case "struct mixed" -> ".l";
                case "struct triple" -> oneOf(".a", ".b", ".c");
                default -> "";
            } + ";";
        };
    }

    /** A call, in one of ten through a pointer that the compiler does not see through. */
    private String call(Function called, int longs, int doubles, List<String> parameters) {
        return (random.nextInt(10) == 0
                ? "((__typeof__(" + called.name + ") *)hide(" + called.name + "))"
                : called.name)
                + "(" + called.parameters.stream().map(type -> argument(type, longs, doubles, parameters))
                        .collect(Collectors.joining(", "))
                + ")";
    }

    /** A statement in which the function calls itself, at most three deep. */
    private Optional<String> itself(int number, String result, List<String> parameters) {
        if (parameters.isEmpty() || !WHOLE.contains(parameters.get(0)) || random.nextInt(4) != 0) {
            return Optional.empty();
        }
        String rest = IntStream.range(1, parameters.size())
                .mapToObj(i -> random.nextBoolean() ? "p" + i : argument(parameters.get(i), 1, 0, parameters))
                .map(argument -> ", " + argument).collect(Collectors.joining());
        return Optional.of("if (p0 & 3) " + take("f" + number + "((p0 & 3) - 1" + rest + ")", result, "v0", 0));
    }

    private String argument(String type, int longs, int doubles, List<String> parameters) {
        String v = "v" + random.nextInt(longs);
        return switch (type) {
            case "double", "float" ->
                doubles == 0 ? oneOf("1.5", "r[3]") : oneOf("d" + random.nextInt(doubles), "2.25");
            case "const long*", "long*" -> oneOf("&g[" + random.nextInt(WORDS) + "]", "&t[" + random.nextInt(2) + "]");
            case "const struct pair*" -> "&pairs[" + random.nextInt(3) + "]";
            case "struct pair" -> oneOf("pairs[" + random.nextInt(3) + "]", "(struct pair){(long)" + v + ", 5}");
            case "struct mixed" -> "(struct mixed){" + (doubles == 0 ? "0.5" : "d0") + ", (long)" + v + "}";
            case "struct triple" -> oneOf("triple", "(struct triple){(long)" + v + ", 1, t[1]}");
            case "short", "unsigned char" -> oneOf("(" + type + ")" + v, "(" + type + ")g[1]", "9");
            case "_Bool" -> oneOf(v + " & 1", "1", v + " > 100");
            case "int" -> oneOf("(int)" + v, "5", "5");
            default -> {
                List<Integer> passable = IntStream.range(0, parameters.size())
                        .filter(i -> parameters.get(i).equals("long"))
                        .boxed().toList();
                yield !passable.isEmpty() && random.nextBoolean()
                        ? "p" + passable.get(random.nextInt(passable.size()))
                        : oneOf("(long)" + v, "(long)" + v, "9");
            }
        };
    }

    private static final String HEAD = """
            struct pair { long a, b; };
            struct mixed { double d; long l; };
            struct triple { long a, b, c; };
            static inline void *hide(void *function) { __asm__("" : "+r"(function)); return function; }
            extern struct triple triple;
            extern long g[8];
            extern double r[8];
            extern struct pair pairs[3];
            long outside1(long a, ...);
            long outside2(long a, long b, ...);
            long outside3(long a, long b, long c);
            double outside_real(double a, double b);
            """;

    /** What the program calls in another object. */
    static String outside() {
        return HEAD + """
                long outside1(long a, ...) { return a * 3 + 1; }
                long outside2(long a, long b, ...) { return a * 5 + b; }
                long outside3(long a, long b, long c) { return a + b * 7 - c; }
                double outside_real(double a, double b) { return a * 0.5 + b * 0.25; }
                """;
    }

    /** The program: it computes for each line that it reads. */
    String target() {
        StringBuilder text = new StringBuilder("#include <stdio.h>\n#include <string.h>\n" + HEAD
                + "long g[8]; double r[8]; struct pair pairs[3]; struct triple triple = {1, 2, 3};\n");
        functions.forEach(each -> text.append("__attribute__((noinline)) ").append(each.exported ? "" : "static ")
                .append(each.heading(each.name)).append(";\n"));
        functions.forEach(each -> text.append(each.heading(each.name).replaceFirst("^", each.exported ? "" : "static "))
                .append("\n{\n").append(each.body).append("}\n"));
        text.append("""
                int main(void)
                {
                    char line[64];
                    puts("ready");
                    fflush(stdout);
                    while (fgets(line, sizeof line, stdin)) {
                        unsigned long sum = 0;
                        for (int i = 0; i < 8; i++) { g[i] = i * 77 + 5; r[i] = i * 0.75 + 1; }
                        for (int i = 0; i < 3; i++) { pairs[i].a = i * 31 + line[0]; pairs[i].b = 17 - i; }
                        for (long n = 1; n < 3; n++) {
                """);
        for (Function each : functions) {
            if (each.layer == LAYERS - 1 || random.nextInt(4) == 0) {
                String call = each.name + "(" + each.parameters.stream().map(type -> switch (type) {
                    case "double", "float" -> "n * 1.5";
                    case "const long*", "long*" -> "&g[n]";
                    case "const struct pair*" -> "&pairs[n]";
                    case "struct pair" -> "pairs[n]";
                    case "struct mixed" -> "(struct mixed){n * 0.5, n}";
                    case "struct triple" -> "(struct triple){n, 2, 3}";
                    default -> random.nextBoolean() ? "n" : "7";
                }).collect(Collectors.joining(", ")) + ")";
                text.append("            ").append(switch (each.result) {
                    case "void" -> call + ";";
                    case "double", "float" -> "sum = sum * 31 + (unsigned long)(long)(" + call + " * 64);";
                    case "struct pair" -> "sum = sum * 31 + (unsigned long)" + call + ".a;";
                    case "struct mixed" -> "sum = sum * 31 + (unsigned long)" + call + ".l;";
                    case "struct triple" -> "sum = sum * 31 + (unsigned long)" + call + ".c;";
                    default -> "sum = sum * 31 + (unsigned long)" + call + ";";
                }).append('\n');
            }
        }
        text.append(
                """
                                }
                                for (int i = 0; i < 8; i++) { unsigned long bits; memcpy(&bits, &r[i], 8); sum = sum * 31 + (unsigned long)g[i] + bits; }
                                printf("%lx\\n", sum);
                                fflush(stdout);
                            }
                            return 0;
                        }
                        """);
        return text.toString();
    }

    /** The patch: {@code new_f1} is {@code f1} again. */
    String patch() {
        StringBuilder text = new StringBuilder(
                HEAD + """
                        static inline __attribute__((always_inline)) void use_all(void)
                        {
                            typedef float vector __attribute__((vector_size(16)));
                            vector aligned;
                            __asm__ volatile("movaps %%xmm0,%0" : "=m"(aligned));
                            __asm__ volatile("mov $-0x5a5a5a5a,%%rax; mov %%rax,%%rcx; mov %%rax,%%rdx; mov %%rax,%%rsi; mov %%rax,%%rdi\\n\\t"
                                "mov %%rax,%%r8; mov %%rax,%%r9; mov %%rax,%%r10; mov %%rax,%%r11; movq %%rax,%%xmm0; pshufd $0,%%xmm0,%%xmm0\\n\\t"
                                "movaps %%xmm0,%%xmm1; movaps %%xmm0,%%xmm2; movaps %%xmm0,%%xmm3; movaps %%xmm0,%%xmm4; movaps %%xmm0,%%xmm5\\n\\t"
                                "movaps %%xmm0,%%xmm6; movaps %%xmm0,%%xmm7; movaps %%xmm0,%%xmm8; movaps %%xmm0,%%xmm9; movaps %%xmm0,%%xmm10\\n\\t"
                                "movaps %%xmm0,%%xmm11; movaps %%xmm0,%%xmm12; movaps %%xmm0,%%xmm13; movaps %%xmm0,%%xmm14; movaps %%xmm0,%%xmm15"
                                ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                                "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
                        }
                        """);
        functions.forEach(each -> text.append("static __attribute__((noinline)) ").append(each.heading(each.name))
                .append(";\n").append(each.heading("new_" + each.name)).append(";\n"));
        functions.forEach(each -> {
            text.append("static ").append(each.heading(each.name)).append("\n{\n").append(each.body).append("}\n");
            String arguments = IntStream.range(0, each.parameters.size()).mapToObj(i -> "p" + i)
                    .collect(Collectors.joining(", "));
            text.append(each.heading("new_" + each.name)).append("\n{\n");
            text.append(each.result.equals("void")
                    ? "    " + each.name + "(" + arguments + ");\n    use_all();\n"
                    : "    " + each.result + " result = " + each.name + "(" + arguments
                            + ");\n    use_all();\n    return result;\n");
            text.append("}\n");
        });
        return text.toString();
    }
}
