package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.ValueKind;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Measures what probes cost per call, on one function of one process: nothing, Pulpo's, and the uprobes of bpftrace and perf,
 * which the kernel makes by a trap. The function is in a library, where a short jump reaches the probe, and in the program, where
 * it does not.
 */
public final class ProbeBenchmark {
    private static final int PATIENCE = 20;

    private final Path demo;
    private final LiveProcess process;
    private final OutputStream input;
    private final BufferedReader output;

    private ProbeBenchmark(Path demo, LiveProcess process, OutputStream input, BufferedReader output) {
        this.demo = demo;
        this.process = process;
        this.input = input;
        this.output = output;
    }

    /** Runs with the directory of the built demo as its argument. */
    public static void main(String[] arguments) throws Exception {
        Path demo = Path.of(arguments[0]);
        try (LaunchedProcess target = LiveProcess.launch(demo.resolve("calls").toString());
                LiveProcess process = LiveProcess.attach(target.pid());
                BufferedReader output = new BufferedReader(
                        new InputStreamReader(target.output().orElseThrow(), StandardCharsets.UTF_8))) {
            output.readLine();
            new ProbeBenchmark(demo, process, target.input().orElseThrow(), output).run();
        }
    }

    private void run() throws IOException, InterruptedException {
        System.out.printf("%-34s %18s %18s %10s%n", "one call, ns: least (median)", "another function", "the function",
                "more");
        for (String where : List.of("lib", "exe")) {
            String file = where.equals("lib") ? "libmany.so" : "exe";
            String function = where + "_patched";
            measure(where, where + ", nothing", "");
            Map<String, Probe> probes = new LinkedHashMap<>();
            probes.put("counting", Probe.counting(function));
            probes.put("timing", Probe.timing(function));
            probes.put("tracing at the entry, an integer", Probe.tracing(function, ValueKind.LONG).atEntry());
            probes.put("tracing, integer and result",
                    Probe.tracing(function, ValueKind.LONG).withResult(ValueKind.LONG));
            for (Map.Entry<String, Probe> each : probes.entrySet()) {
                try (LiveProbe probe = process.probe(each.getValue().in(file))) {
                    measure(where, where + ", " + each.getKey(), "");
                    if (calls(probe) == 0) {
                        throw new IllegalStateException(probe + " has seen no call");
                    }
                }
            }
        }
        foreign("exe, uprobe of bpftrace", List.of("bpftrace", "-p", Integer.toString(process.pid()), "-e",
                "uprobe:" + demo.resolve("calls") + ":exe_patched { @ = count(); }"), "Attach");
        perf();
    }

    private static long calls(LiveProbe probe) {
        return switch (probe.probe().action()) {
            case Probe.Action.Time time -> probe.times().returned();
            case Probe.Action.Trace trace -> probe.calls().ended();
            case Probe.Action.Count count -> probe.counts().total();
            case Probe.Action.Return answer -> probe.counts().total();
            case Probe.Action.Fail failure -> probe.counts().total();
            case Probe.Action.Nop nop -> probe.counts().total();
            case Probe.Action.Redirect other -> probe.counts().total();
            case Probe.Action.Delay delay -> probe.counts().total();
        };
    }

    /** Measures while another program has its probe in the process. */
    private void foreign(String what, List<String> command, String begins) throws IOException, InterruptedException {
        Process other;
        try {
            other = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException missing) {
            System.out.println(what + ": " + missing.getMessage());
            return;
        }
        try (BufferedReader lines = other.inputReader()) {
            String line = lines.readLine();
            while (line != null && !line.startsWith(begins)) {
                line = lines.readLine();
            }
            if (line == null) {
                System.out.println(what + ": not on this machine");
                return;
            }
            // It says so when it begins: the probe is there when calls become slow.
            Thread.sleep(TimeUnit.SECONDS.toMillis(2));
            measure("exe", what, " short");
        } finally {
            other.destroy();
            other.waitFor(PATIENCE, TimeUnit.SECONDS);
        }
    }

    private void perf() throws IOException, InterruptedException {
        String event = "pulpo_benchmark:exe_patched";
        if (quiet("perf", "probe", "-q", "-x", demo.resolve("calls").toString(), "--add",
                event + "=exe_patched") != 0) {
            System.out.println("exe, uprobe of perf: not on this machine");
            return;
        }
        try {
            Process perf = new ProcessBuilder("perf", "stat", "-e", event, "-p", Integer.toString(process.pid()))
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            try {
                Thread.sleep(TimeUnit.SECONDS.toMillis(2));
                measure("exe", "exe, uprobe of perf, counted", " short");
            } finally {
                perf.destroy();
                perf.waitFor(PATIENCE, TimeUnit.SECONDS);
            }
        } finally {
            quiet("perf", "probe", "-q", "--del", event);
        }
    }

    private static int quiet(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException missing) {
            return 1;
        }
    }

    private void measure(String where, String what, String how) throws IOException {
        input.write((where + how + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
        String[] answer = output.readLine().split(" ");
        System.out.printf("%-34s %18s %18s %10.2f%n", what, answer[0] + " (" + answer[1] + ")",
                answer[3] + " (" + answer[4] + ")", Double.parseDouble(answer[3]) - Double.parseDouble(answer[0]));
    }
}
