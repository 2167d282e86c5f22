package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LivePatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The built programs of {@code examples/demo}.
 *
 * @param directory where they are
 */
record Demo(Path directory) {
    /** Starts a process with so many threads, the main one among them, with the stub. */
    Target threads(int count, String kind) throws IOException {
        return Target.start(program("threads"), Integer.toString(count - 1), kind);
    }

    String program(String name) {
        return directory.resolve(name).toString();
    }

    /** A patch for these processes. */
    LivePatch patch() {
        return LivePatch.of(directory.resolve("fix.so")).target("libgreeting.so").replace("greeting", "greeting_fixed");
    }

    /** The same patch as arguments of the command line. */
    List<String> patchArguments() {
        return List.of("--target", "libgreeting.so", "--replace", "greeting=greeting_fixed", program("fix.so"));
    }

    /** How long ptrace alone, in C, stops a process. */
    Spread floor(int pid, int rounds, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of(program("floor"), Integer.toString(pid), Integer.toString(rounds)));
        command.addAll(List.of(options));
        double[] nanos = Arrays.stream(Programs.run(command).output().strip().split(" "))
                .mapToDouble(Double::parseDouble).toArray();
        return new Spread(nanos[1], nanos[0], nanos[2], rounds);
    }
}
