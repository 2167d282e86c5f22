package dev.pulpo.engine.check;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.x86.Decoder;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Where code takes the addresses of constants, and whether it compares them: then it matters which copy it is. */
final class AddressUses {
    /** How many instructions a compiler puts between taking an address and comparing it. */
    private static final int NEAR = 4;
    private static final int LONGEST = 256;

    private final ElfFile elf;
    private final SymbolTable symbols;
    private final List<Section> constants;

    /**
     * One of them.
     *
     * @param function that takes the address
     * @param constant whose address it is
     * @param compared whether it goes on to compare it
     */
    record Use(ElfSymbol function, LinkAddress constant, boolean compared) {}

    AddressUses(CodeFacts code) {
        elf = code.elf();
        symbols = elf.symbols().size() > 1 ? elf.symbols() : code.info().symbols();
        constants = elf.sections().stream()
                .filter(section -> section.isAllocated() && section.hasBytes() && !section.isExecutable()
                        && (!section.isWritable() || section.name().startsWith(".data.rel.ro")))
                .toList();
    }

    /** All uses in functions that have symbols. */
    List<Use> all() {
        return symbols.stream()
                .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC && symbol.size() > 0).toList()
                .parallelStream().flatMap(this::in).toList();
    }

    private Stream<Use> in(ElfSymbol function) {
        byte[] code;
        try {
            code = elf.at(function.address(), function.size()).bytes(function.size()).toArray(ValueLayout.JAVA_BYTE);
        } catch (MalformedElfException notInTheFile) {
            return Stream.empty();
        }
        Stream.Builder<Use> found = Stream.builder();
        Decoder decoder = new Decoder();
        for (int at = 0; at < code.length; at += Math.max(1, decoder.length())) {
            boolean address = decoder.decode(code, at, code.length) > 0 && decoder.isRipRelative()
                    && decoder.isLea();
            if (address) {
                LinkAddress place = function.address().plus(at + decoder.length() + decoder.displacement());
                if (constants.stream().anyMatch(section -> section.contains(place))) {
                    found.add(new Use(function, place,
                            isCompared(code, at + decoder.length(), decoder.register())));
                }
            }
        }
        return found.build();
    }

    private static boolean isCompared(byte[] code, int from, int register) {
        Decoder decoder = new Decoder();
        int at = from;
        for (int i = 0; i < NEAR && decoder.decode(code, at, code.length) > 0; i++) {
            if (decoder.compares(register)) {
                return true;
            }
            at += decoder.length();
        }
        return false;
    }

    /** The text at an address, if it is one. */
    Optional<String> text(LinkAddress place) {
        Section section = constants.stream().filter(each -> each.contains(place)).findFirst().orElseThrow();
        long left = section.address().value() + section.size() - place.value();
        ByteCursor cursor = elf.at(place, Math.min(left, LONGEST));
        byte[] bytes = cursor.bytes(cursor.limit()).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < bytes.length && (bytes[length] < 0 || bytes[length] >= ' ' || bytes[length] == '\n'
                || bytes[length] == '\t')) {
            length++;
        }
        return length < bytes.length && bytes[length] == 0
                ? Optional.of(RawText.decode(bytes, 0, length))
                : Optional.empty();
    }
}
