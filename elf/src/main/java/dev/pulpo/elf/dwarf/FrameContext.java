package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.expression.EvaluationContext;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A frame with the debug information about its function and about the call that led to it. */
final class FrameContext implements EvaluationContext {
    private final MachineFrame frame;
    private final World world;
    private final List<LocationEntry> frameBase;
    private final CallSites calls;
    private boolean asked;

    /** @param function the entry of the frame's function */
    FrameContext(MachineFrame frame, World world, EntryReader function, CallSites calls) {
        this.frame = frame;
        this.world = world;
        this.frameBase = Locations.of(function, Dw.FRAME_BASE);
        this.calls = calls;
    }

    @Override
    public Location frameBase() {
        Optional<LocationEntry> entry = Locations.at(frameBase, frame.place());
        if (entry.isEmpty() || asked) {
            return new Location.Unknown("its function has no frame base here");
        }
        asked = true;
        try {
            return Evaluator.locate(entry.get().expression(), this);
        } finally {
            asked = false;
        }
    }

    @Override
    public Location entryValue(Expression what) {
        return calls.entryValue(frame, what);
    }

    @Override
    public Optional<byte[]> register(int register) {
        return frame.register(register);
    }

    @Override
    public OptionalLong frameAddress() {
        return frame.frameAddress();
    }

    @Override
    public boolean read(long address, byte[] into) {
        return frame.read(address, into);
    }

    @Override
    public String unreadable(long address) {
        return frame.unreadable(address);
    }

    @Override
    public long loadBias() {
        return frame.loadBias();
    }

    @Override
    public OptionalLong threadLocal(long offset) {
        return frame.threadLocal(world.threadLocalOffset(offset));
    }
}
