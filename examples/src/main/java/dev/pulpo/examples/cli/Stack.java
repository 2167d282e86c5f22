package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.StackProfile;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.picture.FlamePage;
import dev.pulpo.examples.picture.FoldedStacks;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo stack}. */
@CommandLine.Command(name = "stack", description = "Shows the stacks of the threads of a process.")
final class Stack extends OnEachProcess {
    @CommandLine.Option(names = "--thread", paramLabel = "TID", description = "only this thread; may be repeated")
    private List<Integer> threads = List.of();

    @CommandLine.Option(names = {"--locals",
            "--full"}, description = "also show the values of parameters and variables. A variable that the compiler removed is <optimised out>; an unknown value has a reason")
    private boolean locals;

    @CommandLine.Option(names = "--folded", description = "print one line for each different stack, as programs that draw flame graphs read it: thread;function;function COUNT. An inlined function ends in _[i]")
    private boolean folded;

    @CommandLine.Option(names = "--flame", paramLabel = "FILE.html", description = "write a page with a flame graph, for a browser")
    private Optional<Path> flame = Optional.empty();

    @CommandLine.Option(names = "--samples", paramLabel = "N", description = "with --folded or --flame: how often to look (default: 1 with --folded, 100 with --flame)")
    private Optional<Integer> samples = Optional.empty();

    @CommandLine.Option(names = "--every", paramLabel = "TIME", converter = When.DurationConverter.class, description = "with --folded or --flame: the time from one sample to the next (default: 10ms)")
    private Optional<Duration> every = Optional.empty();

    @CommandLine.Option(names = "--max-pause", paramLabel = "TIME", converter = When.PauseConverter.class, description = "with --folded or --flame: the longest stop of one thread, such as 200us; what is not known of its stack by then is left out")
    private Optional<Duration> maxPause = Optional.empty();

    @Override
    public Integer call() throws IOException {
        checkUsage();
        return super.call();
    }

    @Override
    int run(LiveProcess process) throws IOException {
        if (folded || flame.isPresent()) {
            return sample(process);
        }
        List<ThreadStack> stacks = (locals ? process.stacksWithLocals() : process.stacks()).stream()
                .filter(stack -> threads.isEmpty() || threads.contains(stack.tid())).toList();
        List<Integer> missing = threads.stream()
                .filter(tid -> stacks.stream().noneMatch(stack -> stack.tid() == tid)).toList();
        if (!missing.isEmpty()) {
            throw new TargetGoneException(process.pid(), "it has no thread " + missing.getFirst());
        }
        print(stacks.stream().map(ThreadStack::toString).collect(Collectors.joining(System.lineSeparator())),
                Json.object("pid", process.pid(), "threads", stacks.stream().map(Json::of).toList()));
        return stacks.stream().allMatch(ThreadStack::isComplete) ? 0 : ExitStatus.OTHER;
    }

    private void checkUsage() {
        boolean sampled = folded || flame.isPresent();
        if (!sampled && (samples.isPresent() || every.isPresent() || maxPause.isPresent())) {
            throw usage("--samples, --every and --max-pause are for --folded and --flame");
        }
        if (sampled && (locals || !threads.isEmpty())) {
            throw usage("--folded and --flame are of all threads, and without --locals");
        }
        if (samples.filter(number -> number < 1).isPresent()) {
            throw usage("--samples is at least 1");
        }
        if (flame.isPresent() && isForAll()) {
            throw usage("--flame is for one process");
        }
    }

    private int sample(LiveProcess process) throws IOException {
        // What cannot be written is known before a thread is stopped.
        Optional<Writer> page = flame.isPresent()
                ? Optional.of(Files.newBufferedWriter(flame.get(), StandardCharsets.UTF_8))
                : Optional.empty();
        StackProfile profile;
        try (Writer out = page.orElse(Writer.nullWriter())) {
            profile = process.profile(samples.orElse(flame.isPresent() ? 100 : 1), every.orElse(Duration.ofMillis(10)),
                    maxPause);
            if (page.isPresent()) {
                out.write(FlamePage.of(profile));
            }
        }
        print(folded ? String.join(System.lineSeparator(), FoldedStacks.of(profile)) : profile.toString(),
                Json.of(profile));
        if (folded && !json()) {
            complain(profile.toString());
        }
        return 0;
    }
}
