package dev.pulpo.examples.cli;

import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LeftoverPatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OtherPatcher;
import dev.pulpo.engine.PatchListing;
import dev.pulpo.engine.ShadowVariables;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.crowd.Workers;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine;

/** {@code pulpo patches}. */
@CommandLine.Command(name = "patches", description = "Lists the patches of processes, and reverted ones that are still loaded, with what keeps them.")
final class Patches extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "PID|NAME|WILDCARD", description = "which processes, by id or name (default: all readable processes that carry the stub)")
    private String which = "";

    /** The output for one process. */
    private record Listed(String text, Map<String, Object> object) {}

    @Override
    public Integer call() throws InterruptedException {
        if (which.matches("\\d{1,9}")) {
            Listed only = list(Integer.parseInt(which));
            print(only.text, Json.object("processes", List.of(only.object)));
            return 0;
        }
        Workers workers = Workers.possible();
        Crowd.Found found = found(workers);
        Map<Integer, Object> objects = new TreeMap<>();
        AtomicInteger status = new AtomicInteger();
        new Crowd(Crowd.Limits.ofReading(workers)).run(found.pids(), found.unlessFailed(Patches::list), result -> {
            if (result.failure().isPresent()) {
                Throwable failure = result.failure().get();
                if (failure instanceof TargetGoneException) {
                    // The user did not ask for this process, and it has ended since the search.
                    return;
                }
                status.accumulateAndGet(ExitStatus.of(failure), Math::max);
                trace(failure);
            }
            Listed listed = result.value()
                    .orElseGet(() -> failed(result.pid(), result.failure().orElseThrow()));
            say(listed.text);
            objects.put(result.pid(), listed.object);
        }, done -> {});
        print(objects.isEmpty() ? "no process carries the stub, or none that may be read" : "",
                Json.object("processes", List.copyOf(objects.values())));
        return status.get();
    }

    private static Listed list(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            PatchListing listing = process.listing();
            List<AppliedPatch> patches = listing.patches();
            List<LeftoverPatch> leftovers = listing.leftovers();
            List<String> lines = new ArrayList<>();
            lines.add(process + (patches.isEmpty() && leftovers.isEmpty() ? ": no patches" : ""));
            patches.forEach(patch -> lines.add("  " + patch));
            leftovers.forEach(patch -> lines.add("  " + patch));
            List<ShadowVariables> shadows = listing.shadows();
            shadows.forEach(variables -> lines.add("  " + variables));
            Optional<OtherPatcher> other = listing.otherPatcher();
            other.ifPresent(patcher -> lines.add("  " + patcher));
            return new Listed(String.join("\n", lines), Json.object("pid", pid, "name", process.name(), "patches",
                    patches.stream().map(Json::of).toList(), "stillLoaded", leftovers.stream().map(Json::of).toList(),
                    "shadowVariables", shadows.stream().map(variables -> Json.object("id",
                            Long.toUnsignedString(variables.id()), "count", variables.count(), "bytes",
                            variables.bytes())).toList(),
                    "otherPatcher",
                    other.<Object>map(patcher -> Json.object("libraries", patcher.libraries(), "functions",
                            patcher.functions())).orElse("none")));
        }
    }

    private static Listed failed(int pid, Throwable failure) {
        String name = ProcessFilter.processName(pid);
        return new Listed("process " + pid + " (" + name + "): " + Unforeseen.words(pid, failure),
                Json.object("pid", pid, "name", name, "failure",
                        Failures.describe(failure, ExitStatus.of(failure))));
    }

    private Crowd.Found found(Workers workers) throws InterruptedException {
        Crowd.Found found = Crowd.find(
                new ProcessFilter(Optional.of(which).filter(name -> !name.isEmpty()), Optional.empty()), workers);
        if (found.pids().isEmpty() && !which.isEmpty()) {
            throw new NoSuchProcess("no process that carries the stub and may be read matches '" + which + "'");
        }
        return found;
    }

    /** No process has the requested name. */
    static final class NoSuchProcess extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoSuchProcess(String message) {
            super(message);
        }
    }
}
