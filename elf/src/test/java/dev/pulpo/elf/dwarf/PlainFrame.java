package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;

/** A frame that no process has: every register holds its number, every byte of memory is 1, the caller is where it is itself. */
record PlainFrame(DebugInfo debug, LinkAddress place) implements MachineFrame {
    static final long FRAME_ADDRESS = 0x7000;

    @Override
    public LinkAddress next() {
        return place;
    }

    @Override
    public Optional<DebugInfo> info() {
        return Optional.of(debug);
    }

    @Override
    public Optional<MachineFrame> caller() {
        return Optional.of(this);
    }

    @Override
    public Optional<byte[]> register(int register) {
        byte[] bytes = new byte[register < 17 ? 8 : 16];
        bytes[0] = (byte) register;
        return Optional.of(bytes);
    }

    @Override
    public OptionalLong frameAddress() {
        return OptionalLong.of(FRAME_ADDRESS);
    }

    @Override
    public boolean read(long address, byte[] into) {
        Arrays.fill(into, (byte) 1);
        return true;
    }

    @Override
    public long loadBias() {
        return 0;
    }

    @Override
    public OptionalLong threadLocal(long offset) {
        return OptionalLong.of(offset);
    }
}
