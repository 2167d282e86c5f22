package dev.pulpo.engine.programs;

import dev.pulpo.engine.programs.Soak.Part;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What is patched in which program. As a program: {@code Soaks ROUNDS [PROGRAM...]} runs so many rounds of each. */
public final class Soaks {
    /** Functions of the C library that servers call all the time, and in which nobody waits. Some are indirect ones. */
    private static final List<String> LIBC = List.of("strlen", "memcmp", "memmove", "memset", "strchr", "strcmp",
            "strncmp", "memchr", "snprintf", "vsnprintf", "gettimeofday", "strtol", "strtoul", "qsort", "malloc",
            "free",
            "calloc", "realloc", "toupper", "tolower", "strerror", "localtime_r", "getpid");

    /** With so many rounds a part of the functions of large libraries is enough. */
    private static final int MANY_ROUNDS = 200;
    private static final int LARGE = 1000;
    private static final int EVERY = 10;

    private Soaks() {}

    /** What is patched in a program in so many rounds. */
    static Soak of(String program, int rounds) {
        Soak all = of(program);
        return rounds < MANY_ROUNDS
                ? all
                : new Soak(program, all.plan().stream().map(part -> part.functions().size() < LARGE
                        ? part
                        : new Part(part.target(), IntStream.range(0, part.functions().size() / EVERY)
                                .mapToObj(i -> part.functions().get(i * EVERY)).toList()))
                        .toList());
    }

    private static Soak of(String program) {
        return switch (program) {
            case "nginx" -> new Soak(program, List.of(new Part("libz.so.1", exported("libz.so.1")),
                    new Part("libc.so.6", LIBC)));
            case "redis" -> new Soak(program, List.of(new Part("libjemalloc.so.2", exported("libjemalloc.so.2")),
                    new Part("libc.so.6", LIBC), new Part("libcrypto.so.3", exported("libcrypto.so.3"))));
            case "sqlite" -> new Soak(program, List.of(new Part("libsqlite3.so.0", exported("libsqlite3.so.0")),
                    new Part("libc.so.6", LIBC)));
            case "python" -> new Soak(program, List.of(new Part("libz.so.1", exported("libz.so.1")),
                    new Part("libcrypto.so.3", exported("libcrypto.so.3")),
                    new Part("exe", PassThrough.exported(Path.of(Programs.PYTHON)).stream()
                            .filter(name -> name.matches("Py(Dict|List|Long|Unicode|Tuple|Bytes|Set|Float)_.*"))
                            .toList())));
            default -> throw new IllegalArgumentException("no program " + program);
        };
    }

    /** Starts a program, and its load. */
    public static Program start(String program, Path directory, boolean preloaded) throws IOException {
        return switch (program) {
            case "nginx" -> Programs.nginx(directory, preloaded);
            case "redis" -> Programs.redis(directory, preloaded);
            case "sqlite" -> Programs.sqlite(preloaded);
            case "python" -> Programs.python(directory, preloaded);
            default -> throw new IllegalArgumentException("no program " + program);
        };
    }

    private static List<String> exported(String library) {
        return PassThrough.exported(List.of("/lib/x86_64-linux-gnu/", "/usr/lib64/", "/usr/lib/").stream()
                .map(directory -> Path.of(directory + library)).filter(Files::exists).findFirst()
                .orElseThrow(() -> new UncheckedIOException(new IOException(library + " is not installed"))));
    }

    /** See above; the exit status is 1 where a program has more mapped after the last round than after the first tenth. */
    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        List<String> programs = arguments.length > 1
                ? List.of(arguments).subList(1, arguments.length)
                : List.of("nginx", "redis", "sqlite", "python");
        boolean grown = false;
        for (String name : programs) {
            Path directory = Files.createTempDirectory("soak");
            try (Program program = start(name, directory, false)) {
                Soak.Report report = of(name, rounds).run(program, directory, rounds);
                System.out.println(report);
                grown |= report.after().bytes() > report.before().bytes()
                        || report.after().ranges() > report.before().ranges();
            }
        }
        System.exit(grown ? 1 : 0);
    }
}
