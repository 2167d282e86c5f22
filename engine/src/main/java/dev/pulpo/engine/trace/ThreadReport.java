package dev.pulpo.engine.trace;

import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallNames;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes words of what was noted of a thread while it was stopped. To be used when it runs again: it reads files. */
public final class ThreadReport {
    private final ProcessImage image;
    private final TraceeMemory memory;

    public ThreadReport(ProcessImage image, TraceeMemory memory) {
        this.image = image;
        this.memory = memory;
    }

    /**
     * A thread whose registers were read.
     *
     * @param frames         addresses in its frames, the innermost first
     * @param frame          which of them stands in the way, or -1
     * @param call           the number of the system call that it had not finished, or -1
     * @param programCounter where it would have gone on
     */
    public BlockingThread stopped(int tid, long[] frames, int frame, long call, long programCounter) {
        List<String> stack = Arrays.stream(frames).mapToObj(this::describe).toList();
        Optional<String> name = call < 0
                ? Optional.empty()
                : Optional.of(callName(InterruptedCall.number(call, programCounter, memory)));
        return BlockingThread.now(tid, ProcFs.name(image.pid(), tid), stack, frame, name);
    }

    /** A thread that could not be stopped; what it waits in the kernel's files tell. */
    public BlockingThread unstopped(int tid, long[] frames, int frame) {
        OptionalLong call = ProcFs.systemCall(image.pid(), tid);
        return BlockingThread.now(tid, ProcFs.name(image.pid(), tid),
                Arrays.stream(frames).mapToObj(this::describe).toList(), frame,
                call.isPresent() ? Optional.of(callName(call.getAsLong())) : Optional.empty());
    }

    /** An address of the process as {@code function+offset (object)}. */
    public String describe(long address) {
        return image.describe(new RemoteAddress(address));
    }

    private static String callName(long number) {
        return SystemCallNames.of(number).orElse("number " + number);
    }
}
