package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The hostile processes that there are, by name, with the command that starts each. {@code HONEST} in it stands for the honest
 * process's id, {@code CANARY} for a file of root's, and {@code @KIND} for a file that {@link #file} makes.
 */
final class HostileHazards {
    /** No hostile process at all: what commands take then. */
    static final String NONE = "none";
    /** One of every kind at once. */
    static final String ALL = "all";

    private static final List<Integer> FIELDS = List.of(16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 136, 144,
            160);

    private static final Map<String, List<String>> COMMANDS = commands();

    private final Path directory;
    private final Victims victims;

    HostileHazards(Path directory, Victims victims) {
        this.directory = directory;
        this.victims = victims;
    }

    static List<String> names() {
        return List.copyOf(COMMANDS.keySet());
    }

    private static Map<String, List<String>> commands() {
        Map<String, List<String>> commands = new LinkedHashMap<>();
        for (String kind : List.of("descriptor CANARY", "fifo @fifo", "numbers", "stall", "calls", "lie", "error",
                "exit", "exec", "fork")) {
            add(commands, "liar " + kind);
        }
        commands.put("jail", List.of("jail", "@root", "@trap", "CANARY"));
        for (String kind : List.of("garbage", "zeros", "huge", "negative", "many", "text", "time", "members HONEST",
                "strangers", "length", "short", "dependencies", "functions", "entry")) {
            add(commands, "state registry " + kind);
        }
        for (String kind : List.of("0 5", "-1 5", "0x7fffffffffffffff 5", "16384 -5", "0x280000000 1 map",
                "0x60000000 0x60000000 map")) {
            add(commands, "state ring " + kind);
        }
        for (String kind : List.of("cycle", "long", "name", "nowhere")) {
            add(commands, "state loader " + kind);
        }
        add(commands, "state churn");
        add(commands, "state names");
        for (int field : FIELDS) {
            for (String value : List.of("0", "0xffffffffffffffff", "0x7ffffffff0")) {
                add(commands, "state field " + field + " " + value);
            }
        }
        for (String kind : List.of("names", "shrinking @cut", "repeated @copy")) {
            add(commands, "memory " + kind);
        }
        HostileFiles.MALFORMED.forEach(kind -> add(commands, "memory code @malformed-" + kind));
        HostileFiles.SPARSE.forEach(kind -> add(commands, "memory code @sparse-" + kind));
        for (String kind : List.of("link CANARY", "fifo", "directory", "sparse", "swapped")) {
            String name = "replaced-" + kind.split(" ")[0];
            commands.put(name, List.of(("replaced @copy-" + name + " " + kind).split(" ")));
        }
        for (String kind : List.of("shoff", "symtab", "eh-frame", "rela-size", "cie-length")) {
            commands.put("replaced-malformed-" + kind,
                    List.of("replaced", "@copy-" + kind, "file", "@malformed-" + kind));
        }
        for (String kind : List.of("makers", "chain", "sleepers", "vfork", "names")) {
            add(commands, "threads " + kind);
        }
        commands.put("locks", List.of("locks", "HONEST"));
        // The harmless program, with a library that is not.
        HostileFiles.DEBUG_LINKS.forEach(kind -> commands.put("debuglink-" + kind,
                List.of("env", "LD_LIBRARY_PATH=@debuglink-" + kind, "state", "field", "128", "0")));
        commands.put("inflating",
                List.of("env", "LD_LIBRARY_PATH=@inflating", "state", "field", "128", "0"));
        HostileDebugInformation.KINDS.forEach(kind -> commands.put("debug-" + kind, List.of("@debug-" + kind)));
        commands.put("program-name", List.of("@named"));
        return commands;
    }

    private static void add(Map<String, List<String>> commands, String command) {
        String name = command.replace("state ", "").replace("memory code @", "").replace(" CANARY", "")
                .replace(" HONEST", "")
                .replaceAll(" @[a-z]+", "").replace(' ', '-');
        commands.put(name, List.of(command.split(" ")));
    }

    /** The command of a hazard, whose files it makes. */
    List<String> command(String name, int honest, Path canary) throws IOException, InterruptedException {
        List<String> template = COMMANDS.get(name);
        if (template == null) {
            throw new IllegalArgumentException("no hazard " + name + "; there are " + names());
        }
        List<String> command = new ArrayList<>();
        for (String word : template) {
            int at = word.indexOf('@');
            if (at >= 0) {
                command.add(word.substring(0, at) + file(word.substring(at + 1)));
            } else {
                command.add(word.replace("HONEST", Integer.toString(honest)).replace("CANARY", canary.toString()));
            }
        }
        int program = command.get(0).equals("env") ? 2 : 0;
        command.set(program, directory.resolve(command.get(program)).toString());
        return command;
    }

    private Path file(String kind) throws IOException, InterruptedException {
        Path path = directory.resolve("files").resolve(kind);
        HostileFiles files = new HostileFiles(victims.library());
        Path made = switch (kind) {
            case "fifo" -> {
                Tools.run("mkfifo", "-m", "666", path.toString());
                yield path;
            }
            case "copy", "cut" -> Files.copy(victims.library(), path);
            case "root" -> {
                Files.createSymbolicLink(Files.createDirectory(path).resolve("tmp"), path.resolveSibling("trap"));
                yield path;
            }
            case "trap" -> Files.createDirectory(path);
            case "named" -> Files.copy(directory.resolve("harmless"), path.resolveSibling("\033[2J\nFORGED: é"));
            case "inflating" -> {
                files.inflating(Files.createDirectory(path).resolve("libanswer.so"));
                yield path;
            }
            default -> {
                if (kind.startsWith("copy-")) {
                    yield Files.copy(victims.library(), path);
                } else if (kind.startsWith("malformed-")) {
                    yield files.malformed(kind.substring("malformed-".length()), path);
                } else if (kind.startsWith("sparse-")) {
                    yield files.sparse(kind.substring("sparse-".length()), path);
                } else if (kind.startsWith("debuglink-")) {
                    files.debugLink(kind.substring("debuglink-".length()), Files.createDirectory(path));
                    yield path;
                } else if (kind.startsWith("debug-")) {
                    yield resting(kind.substring("debug-".length()), path);
                }
                throw new IllegalArgumentException(kind);
            }
        };
        Tools.run("chown", "-R", "-h", "65534:65534", made.toString());
        return made;
    }

    /** A program that rests in a function with such debug information. */
    private Path resting(String kind, Path path) throws IOException, InterruptedException {
        Path source = path.resolveSibling(path.getFileName() + ".s");
        Files.writeString(source, HostileDebugInformation.assembly(kind));
        Path main = Files.writeString(path.resolveSibling(path.getFileName() + ".c"), """
                #include <stdio.h>
                int answer(void), resting(void);
                int main(void) { answer(); puts("ready"); fflush(stdout); return resting(); }
                """);
        Tools.run("gcc", "-o", path.toString(), main.toString(), source.toString(), "-L" + directory, "-lanswer",
                "-Wl,-rpath," + directory);
        return path;
    }
}
