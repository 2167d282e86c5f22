package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.SourceFrame;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A description of an address of a process.
 *
 * @param address     the address
 * @param mapping     path of the mapped file, or a name such as {@code [stack]}; empty for memory without a name
 * @param permissions of the mapping, such as {@code r-xp}; empty where nothing is mapped
 * @param link        link address in the object; empty outside of objects
 * @param symbol      symbol around the address; empty for none
 * @param offset      from the symbol, in bytes
 * @param frames      functions of the source at the address, innermost inlined one first; empty without debug information
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
