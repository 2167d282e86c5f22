package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.x86.Decoder;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** The stack protector of GCC and Clang: a function that has it reads the guard, which is at {@code %fs:0x28}. */
final class StackGuard {
    private static final long GUARD = 0x28;

    private StackGuard() {}

    /** Whether the function that is entered at an address has it; not, where nothing says how long the function is. */
    static boolean isIn(CodeFacts code, LinkAddress entry) {
        return size(code, entry).filter(size -> reads(bytes(code.elf(), entry, size))).isPresent();
    }

    private static Optional<Long> size(CodeFacts code, LinkAddress entry) {
        return code.elf().symbolContaining(entry).filter(symbol -> symbol.address().equals(entry) && symbol.size() > 0)
                .map(ElfSymbol::size)
                .or(() -> code.functionEnteredAt(entry).flatMap(function -> function.bodies().stream()
                        .flatMap(body -> body.ranges().stream())
                        .filter(range -> range.start().equals(entry)).findFirst()).map(AddressRange::size));
    }

    private static byte[] bytes(ElfFile elf, LinkAddress entry, long size) {
        return elf.at(entry, size).bytes(size).toArray(ValueLayout.JAVA_BYTE);
    }

    private static boolean reads(byte[] code) {
        Decoder decoder = new Decoder();
        for (int at = 0; at < code.length; at += Math.max(1, decoder.length())) {
            boolean valid = decoder.decode(code, at, code.length) > 0;
            if (valid && decoder.hasSegmentBase() && decoder.displacementSize() == Integer.BYTES
                    && decoder.displacement() == GUARD && !decoder.isRipRelative()) {
                return true;
            }
        }
        return false;
    }
}
