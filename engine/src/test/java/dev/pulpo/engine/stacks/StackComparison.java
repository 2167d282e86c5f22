package dev.pulpo.engine.stacks;

import dev.pulpo.elf.cfi.UnwindEnd;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.inspect.FrameProbe;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares one stack as both saw it, frame for frame: the program counter, whether it is a signal's frame, and each register
 * that both know. The stack pointer of a caller is the canonical frame address of what it called, so that is compared, too.
 */
final class StackComparison {
    private static final String OUTERMOST = "outermost";

    private final DescribedCode described;
    private final List<LoadedObject> objects;
    private final TraceeMemory memory;

    StackComparison(DescribedCode described, List<LoadedObject> objects, TraceeMemory memory) {
        this.described = described;
        this.objects = objects;
        this.memory = memory;
    }

    Verdict of(FrameProbe.Stack ours, Gdb.Stack theirs) throws IOException {
        int common = Math.min(ours.frames().size(), theirs.frames().size());
        for (int i = 0; i < common; i++) {
            Optional<String> difference = difference(ours.frames().get(i), theirs.frames().get(i));
            if (difference.isPresent()) {
                return new Verdict.Differs(i, difference.get());
            }
        }
        if (!ours.incomplete().isEmpty() && ours.frames().size() == common) {
            return end(ours, common);
        }
        if (ours.frames().size() > common) {
            return theirs.end().equals(OUTERMOST)
                    ? new Verdict.Differs(common, "gdb says that there are no more frames")
                    : new Verdict.GdbEndsEarlier(theirs.end());
        }
        return theirs.frames().size() > common
                ? new Verdict.Differs(common, "Pulpo says that there are no more frames")
                : new Verdict.Equal();
    }

    private static Optional<String> difference(FrameProbe.Frame ours, Gdb.Frame theirs) {
        if (ours.pc() != theirs.pc()) {
            return Optional.of("the program counter");
        }
        if (ours.signal() != theirs.signal()) {
            return Optional.of("whether it is a signal's frame");
        }
        for (Map.Entry<Integer, Long> register : theirs.registers().entrySet()) {
            Long value = ours.registers().get(register.getKey());
            if (value != null && !value.equals(register.getValue())) {
                return Optional.of(DwarfRegisters.name(register.getKey()));
            }
        }
        return Optional.empty();
    }

    /** That nothing describes some code is only so if readelf finds nothing either. */
    private Verdict end(FrameProbe.Stack ours, int frames) throws IOException {
        if (ours.end().isEmpty()) {
            // On a crowded machine; nothing was said about the stack.
            return new Verdict.EndsEarlier(ours.incomplete());
        }
        UnwindEnd end = ours.end().get();
        if (end instanceof UnwindEnd.NoCfi && frames > 0) {
            FrameProbe.Frame last = ours.frames().getLast();
            long address = last.code();
            if (described.describes(objects, memory, address)) {
                return new Verdict.Differs(frames, "Pulpo finds no call frame information, and readelf does");
            }
            return new Verdict.EndsEarlier(objects.stream()
                    .filter(object -> object.contains(new RemoteAddress(address))).findFirst()
                    .map(object -> "nothing describes " + last.function() + " at "
                            + object.toLink(new RemoteAddress(address)) + " of " + object.fileName())
                    .orElse(address == 0 ? "address 0 was called" : "the code belongs to no object"));
        }
        return new Verdict.Differs(frames, ours.incomplete());
    }
}
