package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SymbolTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;

/** The symbols of functions by their address. Immutable. */
final class PartNames {
    private final SymbolTable table;
    private final LongMultimap byAddress = new LongMultimap();

    /** @param file a file with symbols; its {@code .dynsym} is used if it has no {@code .symtab} */
    PartNames(ElfFile file) {
        table = file.symbols().size() > 1 ? file.symbols() : file.dynamicSymbols();
        for (int i = 0; i < table.size(); i++) {
            ElfSymbol symbol = table.get(i);
            if (symbol.isDefined() && symbol.type().isFunction()) {
                byAddress.put(symbol.value(), i);
            }
        }
        byAddress.sort();
    }

    /** The parts of a function, first those of the body with the plain name. */
    List<FunctionPart> of(FunctionInfo function) {
        List<FunctionPart> parts = new ArrayList<>();
        for (FunctionInfo.Body body : function.bodies()) {
            for (AddressRange range : body.ranges()) {
                List<String> names = LongStream.of(byAddress.get(range.start().value()))
                        .mapToObj(index -> table.get((int) index).name()).filter(name -> !name.isEmpty()).distinct()
                        .toList();
                parts.add(new FunctionPart(range, kind(names, range, body), names));
            }
        }
        parts.sort(Comparator.comparing(FunctionPart::kind));
        return parts;
    }

    private static FunctionPart.Kind kind(List<String> names, AddressRange range, FunctionInfo.Body body) {
        return names.stream().map(FunctionPart.Kind::of).min(Comparator.naturalOrder())
                .orElse(range.start().equals(body.entry()) ? FunctionPart.Kind.WHOLE : FunctionPart.Kind.COLD);
    }
}
