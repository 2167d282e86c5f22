package dev.pulpo.engine.stacks;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.inspect.FrameProbe;
import java.util.Map;
import java.util.function.LongFunction;

/** A difference in full, so that it can be explained: both stacks, frame beside frame, with their registers. */
final class Difference {
    private static final int FRAMES_BEHIND = 3;

    private Difference() {}

    /** @param mapping the line of the memory map that an address is in */
    static String text(String program, FrameProbe.Stack ours, Gdb.Stack theirs, Verdict verdict,
            LongFunction<String> mapping) {
        StringBuilder text = new StringBuilder(
                String.format("%s: the stack of thread %d (%s) %s%n", program, ours.tid(), ours.name(),
                        verdict.text()));
        int at = verdict instanceof Verdict.Differs differs
                ? differs.frame()
                : Math.min(ours.frames().size(), theirs.frames().size());
        int last = Math.min(at + FRAMES_BEHIND, Math.max(ours.frames().size(), theirs.frames().size()));
        for (int i = 0; i < last; i++) {
            if (i < ours.frames().size()) {
                FrameProbe.Frame frame = ours.frames().get(i);
                line(text, "Pulpo", i, frame.pc(), frame.signal(), frame.function(), frame.registers());
                if (i >= at - 1) {
                    text.append(String.format("          %s%n", mapping.apply(frame.code())));
                }
            }
            if (i < theirs.frames().size()) {
                Gdb.Frame frame = theirs.frames().get(i);
                line(text, "gdb", i, frame.pc(), frame.signal(), frame.function(), frame.registers());
            }
        }
        return text.append(String.format("  Pulpo: %d frames, ends with %s %s%n  gdb: %d frames, ends with %s%n",
                ours.frames().size(), ours.end().map(Object::toString).orElse("nothing"), ours.incomplete(),
                theirs.frames().size(), theirs.end())).toString();
    }

    private static void line(StringBuilder text, String who, int number, long pc, boolean signal, String function,
            Map<Integer, Long> registers) {
        text.append(String.format("  %-5s #%-2d 0x%x %s%s", who, number, pc, signal ? "<signal> " : "", function));
        registers.forEach((register, value) -> text
                .append(String.format(" %s=%x", DwarfRegisters.name(register), value)));
        text.append(System.lineSeparator());
    }
}
