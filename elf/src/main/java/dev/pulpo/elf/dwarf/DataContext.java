package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.expression.EvaluationContext;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The context of expressions outside of functions: there is memory, and there are no registers. What lies close together is
 * read at once, so that the members of a structure are of one instant, as far as the kernel copies them without a pause.
 */
final class DataContext implements EvaluationContext {
    private static final Location.Unknown NO_FRAME = new Location.Unknown("there is no frame");
    /** Larger objects are read part by part. */
    private static final int MOST_AT_ONCE = 1 << 16;

    private final DataMemory memory;
    private final World world;
    private long start;
    private byte[] window = new byte[0];

    DataContext(DataMemory memory, World world) {
        this.memory = memory;
        this.world = world;
    }

    /** Reads an object beforehand, if it is not too large. */
    DataContext ahead(Location location, long offset, long size) {
        if (location instanceof Location.Memory place && size > 0 && size <= MOST_AT_ONCE) {
            byte[] bytes = new byte[(int) size];
            if (memory.read(place.address() + offset, bytes)) {
                start = place.address() + offset;
                window = bytes;
            }
        }
        return this;
    }

    @Override
    public boolean read(long address, byte[] into) {
        long at = address - start;
        if (at >= 0 && at <= window.length - into.length) {
            System.arraycopy(window, (int) at, into, 0, into.length);
            return true;
        }
        return memory.read(address, into);
    }

    @Override
    public long loadBias() {
        return memory.loadBias();
    }

    @Override
    public OptionalLong threadLocal(long offset) {
        return OptionalLong.of(memory.threadLocal(world.threadLocalOffset(offset)));
    }

    @Override
    public Location frameBase() {
        return NO_FRAME;
    }

    @Override
    public Location entryValue(Expression what) {
        return NO_FRAME;
    }

    @Override
    public Optional<byte[]> register(int register) {
        return Optional.empty();
    }

    @Override
    public OptionalLong frameAddress() {
        return OptionalLong.empty();
    }
}
