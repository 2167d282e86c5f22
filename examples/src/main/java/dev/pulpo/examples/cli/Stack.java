package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.examples.exit.ExitStatus;
import java.util.List;
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

    @Override
    int run(LiveProcess process) {
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
}
