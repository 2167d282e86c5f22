package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;

/**
 * A run of code.
 *
 * @param start its first address
 * @param end   the address after it
 */
public record AddressRange(LinkAddress start, LinkAddress end) {
    /** How many bytes it has. */
    public long size() {
        return end.value() - start.value();
    }

    /** Whether an address lies in it. */
    public boolean contains(LinkAddress place) {
        return Long.compareUnsigned(place.value() - start.value(), size()) < 0;
    }

    @Override
    public String toString() {
        return start + ".." + end;
    }
}
