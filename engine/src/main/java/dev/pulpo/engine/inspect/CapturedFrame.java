package dev.pulpo.engine.inspect;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.MachineFrame;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import java.util.Optional;
import java.util.OptionalLong;

/** A captured frame, for the evaluation of its variables. */
final class CapturedFrame implements MachineFrame {
    private final KnownCode code;
    private final ProcessImage image;
    private final StackReader.RawStack stack;
    private final Snapshot snapshot;
    private final ThreadLocalMemory threadLocals;
    private final int number;
    private final LoadedObject object;

    private CapturedFrame(KnownCode code, ProcessImage image, StackReader.RawStack stack, Snapshot snapshot,
            ThreadLocalMemory threadLocals, int number, LoadedObject object) {
        this.code = code;
        this.image = image;
        this.stack = stack;
        this.snapshot = snapshot;
        this.threadLocals = threadLocals;
        this.number = number;
        this.object = object;
    }

    /** A frame by its number, 0 for the innermost; empty where its code belongs to no object, or nothing was captured. */
    static Optional<MachineFrame> of(KnownCode code, ProcessImage image, StackReader.RawStack stack,
            ThreadLocalMemory threadLocals, int number) {
        Optional<Snapshot> snapshot = stack.snapshot();
        return snapshot.isEmpty() || number >= stack.frames().size()
                ? Optional.empty()
                : image.containing(stack.frames().get(number).code()).map(object -> new CapturedFrame(code, image,
                        stack, snapshot.get(), threadLocals, number, object));
    }

    @Override
    public LinkAddress place() {
        return object.toLink(stack.frames().get(number).code());
    }

    @Override
    public LinkAddress next() {
        return object.toLink(stack.frames().get(number).pc());
    }

    @Override
    public Optional<DebugInfo> info() {
        return code.info(image, object);
    }

    @Override
    public Optional<MachineFrame> caller() {
        return of(code, image, stack, threadLocals, number + 1);
    }

    @Override
    public Optional<byte[]> register(int register) {
        return snapshot.register(number, register);
    }

    @Override
    public OptionalLong frameAddress() {
        return snapshot.frameAddress(number);
    }

    @Override
    public boolean read(long address, byte[] into) {
        return snapshot.read(address, into);
    }

    @Override
    public String unreadable(long address) {
        return snapshot.wasTried(address)
                ? MachineFrame.super.unreadable(address)
                : "the thread went on before the memory at 0x" + Long.toHexString(address) + " was read";
    }

    @Override
    public long loadBias() {
        return object.bias();
    }

    @Override
    public OptionalLong threadLocal(long offset) {
        return threadLocals.address(object, snapshot.threadBase(), offset);
    }
}
