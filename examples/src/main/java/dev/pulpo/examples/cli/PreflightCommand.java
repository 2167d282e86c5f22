package dev.pulpo.examples.cli;

import dev.pulpo.engine.Preflight;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.crowd.Workers;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;

/** {@code pulpo preflight}. */
@CommandLine.Command(name = "preflight", description = "Says whether processes can be patched, why not, and what would help. Stops nothing.")
final class PreflightCommand extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "PID|NAME|WILDCARD", description = "one process by its id, or processes with the stub by name (default: all)")
    private String which = "";

    /** The output for one process, and its exit status. */
    private record Looked(String text, Map<String, Object> object, int status) {}

    @Override
    public Integer call() throws InterruptedException {
        if (isPid()) {
            Looked only = look(Integer.parseInt(which));
            print(only.text, Json.object("processes", List.of(only.object)));
            return only.status;
        }
        Map<Integer, Object> objects = new TreeMap<>();
        Set<Integer> statuses = new HashSet<>();
        Workers workers = Workers.possible();
        Crowd.Found found = which.isEmpty()
                ? new Crowd.Found(Preflight.candidates(), Map.of())
                : Crowd.find(new ProcessFilter(Optional.of(which), Optional.empty()), workers);
        new Crowd(Crowd.Limits.ofReading(workers)).run(found.pids(), found.unlessFailed(PreflightCommand::look),
                result -> {
                    result.failure().ifPresent(this::trace);
                    Looked looked = result.value()
                            .orElseGet(() -> failed(result.pid(), result.failure().orElseThrow()));
                    say(looked.text);
                    objects.put(result.pid(), looked.object);
                    statuses.add(looked.status);
                }, done -> {});
        print("", Json.object("processes", List.copyOf(objects.values())));
        if (statuses.isEmpty() || statuses.equals(Set.of(ExitStatus.GONE))) {
            return ExitStatus.GONE;
        }
        return statuses.equals(Set.of(0)) ? 0 : ExitStatus.REFUSED;
    }

    private boolean isPid() {
        return which.matches("\\d{1,9}");
    }

    private static Looked look(int pid) {
        return look(Preflight.of(pid));
    }

    private static Looked failed(int pid, Throwable failure) {
        return look(new Preflight(pid, ProcessFilter.processName(pid), false, List.of(),
                List.of(new Preflight.Finding(Preflight.Severity.OBSTACLE, Preflight.Kind.UNREADABLE,
                        Unforeseen.words(pid, failure), List.of()))));
    }

    private static Looked look(Preflight preflight) {
        return new Looked(describe(preflight), json(preflight),
                isGone(preflight) ? ExitStatus.GONE : preflight.isPatchable() ? 0 : ExitStatus.REFUSED);
    }

    private static boolean isGone(Preflight preflight) {
        return preflight.findings().stream().anyMatch(finding -> finding.kind() == Preflight.Kind.GONE);
    }

    private static String describe(Preflight preflight) {
        StringBuilder text = new StringBuilder("process " + preflight.pid() + " (" + preflight.name() + "): "
                + (preflight.isPatchable() ? "can be patched" : "cannot be patched"));
        preflight.prepared().forEach(path -> text.append("\n  prepared: ").append(path));
        preflight.findings().forEach(finding -> text.append("\n  ").append(finding.text(RemedyOptions.WORDING)));
        return text.toString();
    }

    private static Map<String, Object> json(Preflight preflight) {
        return Json.object("pid", preflight.pid(), "name", preflight.name(), "patchable", preflight.isPatchable(),
                "stub", preflight.hasStub(), "prepared", preflight.prepared(), "findings",
                preflight.findings().stream()
                        .map(finding -> Json.object("severity", finding.severity().name(), "kind",
                                finding.kind().name(), "message", finding.message(), "remedy",
                                RemedyOptions.WORDING.say(finding.remedies())))
                        .toList());
    }
}
