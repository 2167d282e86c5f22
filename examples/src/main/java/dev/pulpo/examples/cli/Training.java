package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.exit.HeadStart;
import dev.pulpo.examples.terminal.Arguments;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.ulp.Ulp;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;

/**
 * Runs the interactive commands one after the other, in a JVM that records which classes they load. The scripts make an
 * archive of these classes ({@code bin/lib.sh}). If the argument is the directory of the built demo, a patch is applied,
 * too. Ends with the first failure.
 */
public final class Training {
    private static final int ROUNDS = 3;

    private Training() {}

    public static void main(String[] arguments) throws IOException {
        HeadStart.begin("patches");
        Unforeseen.reportThoseOfThreads();
        run("stub");
        if (arguments.length == 0) {
            try (LaunchedProcess target = LiveProcess.launch("cat")) {
                look(Integer.toString(target.pid()));
            }
        } else {
            patch(Path.of(arguments[0]));
        }
        ExitStatus.end(0);
    }

    private static void patch(Path demo) throws IOException {
        try (LaunchedProcess target = LiveProcess.launch(demo.resolve("server").toString())) {
            // The server writes a byte when it is ready.
            if (target.output().orElseThrow().read() < 0) {
                throw new IOException("the demo has ended");
            }
            String pid = Integer.toString(target.pid());
            String patch = demo.resolve("fix.so").toString();
            List<String> whole = List.of("-p", pid, "--target", "libgreeting.so", "--replace",
                    "greeting=greeting_fixed", patch);
            for (int i = 0; i < ROUNDS; i++) {
                run("plan", whole);
                run("apply", whole);
                look(pid);
                run("revert", List.of("-p", pid, patch));
            }
        }
    }

    private static void look(String pid) {
        for (String command : new String[]{"patches", "messages", "stack"}) {
            run(command, List.of("-p", pid));
        }
        run("patches", List.of("--json", "-p", pid));
        check("ulp patches", Ulp.commandLine("patches").execute("patches", "-p", pid));
    }

    private static void run(String command) {
        run(command, List.of());
    }

    private static void run(String command, List<String> arguments) {
        String[] all = new String[1 + arguments.size()];
        all[0] = command;
        for (int i = 0; i < arguments.size(); i++) {
            all[i + 1] = arguments.get(i);
        }
        String[] typed = Arguments.of(all);
        CommandLine line = Pulpo.commandLine(typed);
        check(command, line.execute(typed));
        Terminal.failure().ifPresent(reason -> {
            throw new IllegalStateException(command + ": " + reason);
        });
    }

    private static void check(String command, int status) {
        if (status != 0) {
            throw new IllegalStateException(command + " ended with " + status);
        }
    }
}
