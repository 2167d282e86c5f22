package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.Expression;
import java.util.Optional;

/**
 * Where an object is while the program counter is in a range.
 *
 * @param range      the range; empty if the entry applies wherever no other does
 * @param views      which of several lines at the first and the last address begin and end the range; empty if unknown
 * @param expression how to find it; {@linkplain Expression#isEmpty() empty} if it is nowhere
 */
public record LocationEntry(Optional<AddressRange> range, Optional<Views> views, Expression expression) {
    /** View numbers (GNU). */
    public record Views(long start, long end) {}

    /** Whether it applies at an address, regardless of other entries. */
    public boolean covers(LinkAddress place) {
        return range.isEmpty() || range.get().contains(place);
    }

    @Override
    public String toString() {
        return range.map(covered -> "[" + covered.start() + ", " + covered.end() + "): ").orElse("") + expression;
    }
}
