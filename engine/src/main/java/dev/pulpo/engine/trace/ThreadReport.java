package dev.pulpo.engine.trace;

import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallNames;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Describes threads for reports. To be used after their release: it reads files. */
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
     * @param frames         addresses in its frames, innermost first
     * @param frame          index of the frame that blocks the change, or -1
     * @param call           number of its unfinished system call, or -1
     * @param programCounter where it continues
     */
    public BlockingThread stopped(int tid, long[] frames, int frame, long call, long programCounter) {
        List<String> stack = Arrays.stream(frames).mapToObj(this::describe).toList();
        Optional<String> name = call < 0
                ? Optional.empty()
                : Optional.of(callName(InterruptedCall.number(call, programCounter, memory)));
        return BlockingThread.now(tid, ProcFs.name(image.pid(), tid), stack, frame, name);
    }

    /** A thread that could not be stopped; the kernel's files tell what it waits for. */
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
