package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.SourceFrame;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What an address of a process is.
 *
 * @param address     the address
 * @param mapping     what is mapped there: a path, or a name such as {@code [stack]}; empty where that has no name
 * @param permissions of the mapping, such as {@code r-xp}; empty where nothing is mapped
 * @param link        the address within the object; empty where it belongs to none
 * @param symbol      the symbol that contains it; empty where none does
 * @param offset      from the beginning of the symbol, in bytes
 * @param frames      the functions of the source that it belongs to, those inlined there first; none where there is no
 *                    debug information about it
 */
public record CodePlace(RemoteAddress address, String mapping, String permissions, Optional<LinkAddress> link,
        String symbol, long offset, List<SourceFrame> frames) {
    public CodePlace {
        frames = List.copyOf(frames);
    }

    @Override
    public String toString() {
        String what = permissions.isEmpty()
                ? "nothing is mapped there"
                : (mapping.isEmpty() ? "memory without a name" : mapping) + " " + permissions
                        + link.map(place -> " at " + place).orElse("");
        String name = symbol.isEmpty() ? "" : System.lineSeparator() + "  " + symbol + "+0x" + Long.toHexString(offset);
        return address + " " + what + name + frames.stream()
                .map(frame -> System.lineSeparator() + "  " + frame).collect(Collectors.joining());
    }
}
