package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.Expression;
import java.util.Optional;

/**
 * Where an object is while the program is at certain places.
 *
 * @param range      those places; empty where it holds at all that no other entry names
 * @param views      which of several lines at the first and at the last address begin and end it; empty where the compiler
 *                   does not say
 * @param expression how to find it; an {@linkplain Expression#isEmpty() empty} one where it is nowhere
 */
public record LocationEntry(Optional<AddressRange> range, Optional<Views> views, Expression expression) {
    /** Numbers of views (GNU). */
    public record Views(long start, long end) {}

    /** Whether it holds at an address, as far as that does not depend on other entries. */
    public boolean covers(LinkAddress place) {
        return range.isEmpty() || range.get().contains(place);
    }

    @Override
    public String toString() {
        return range.map(covered -> "[" + covered.start() + ", " + covered.end() + "): ").orElse("") + expression;
    }
}
