package dev.pulpo.examples.cli;

import dev.pulpo.engine.Preflight;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo preflight}. */
@CommandLine.Command(name = "preflight", description = "Says of processes whether they can be patched, why not, and what would help. Stops none of them.")
final class PreflightCommand extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "PID|NAME|WILDCARD", description = "which: one by its id, or those that carry the stub by their name; without it all")
    private String which = "";

    @Override
    public Integer call() {
        List<Preflight> all = pids().stream().map(Preflight::of).toList();
        print(all.stream().map(PreflightCommand::describe).collect(Collectors.joining("\n")),
                Json.object("processes", all.stream().map(PreflightCommand::json).collect(Collectors.toList())));
        if (all.isEmpty() || all.stream().allMatch(PreflightCommand::isGone)) {
            return ExitStatus.GONE;
        }
        return all.stream().allMatch(Preflight::isPatchable) ? 0 : ExitStatus.REFUSED;
    }

    private List<Integer> pids() {
        if (which.isEmpty()) {
            return Preflight.candidates();
        }
        return which.matches("\\d{1,9}")
                ? List.of(Integer.valueOf(which))
                : new ProcessFilter(Optional.of(which), Optional.empty()).find();
    }

    private static boolean isGone(Preflight preflight) {
        return preflight.findings().stream().anyMatch(finding -> finding.kind() == Preflight.Kind.GONE);
    }

    private static String describe(Preflight preflight) {
        StringBuilder text = new StringBuilder("process " + preflight.pid() + " (" + preflight.name() + "): "
                + (preflight.isPatchable() ? "can be patched" : "cannot be patched"));
        preflight.prepared().forEach(path -> text.append("\n  prepared: ").append(path));
        preflight.findings().forEach(finding -> text.append("\n  ").append(finding));
        return text.toString();
    }

    private static Object json(Preflight preflight) {
        return Json.object("pid", preflight.pid(), "name", preflight.name(), "patchable", preflight.isPatchable(),
                "stub", preflight.hasStub(), "prepared", preflight.prepared(), "findings",
                preflight.findings().stream()
                        .map(finding -> Json.object("severity", finding.severity().name(), "kind",
                                finding.kind().name(), "message", finding.message(), "remedy", finding.remedy()))
                        .toList());
    }
}
