package dev.pulpo.engine.plan;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.TargetFiles;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Stream;

/**
 * The symbols of an object: those for the loader, all of them where it has them, else those of its separate debug file.
 */
final class SymbolSources {
    private final ElfFile elf;
    private final SymbolTable all;

    private SymbolSources(ElfFile elf, SymbolTable all) {
        this.elf = elf;
        this.all = all;
    }

    static SymbolSources of(ProcessImage image, LoadedObject object) {
        SymbolTable own = object.elf().symbols();
        return new SymbolSources(object.elf(),
                own.size() > 0 ? own : debugFile(image, object).map(ElfFile::symbols).orElse(own));
    }

    private static Optional<ElfFile> debugFile(ProcessImage image, LoadedObject object) {
        try {
            return DebugFiles.in(new TargetFiles(image.pid(), image.tid()), ReadLimits.PROCESS)
                    .find(object.elf(), object.path())
                    .map(DebugFiles.Found::file);
        } catch (IOException | MalformedElfException unusable) {
            // Then there are the names that the object itself has, and whoever misses one is told so.
            return Optional.empty();
        }
    }

    /** The functions of a name, one for each address; those for the loader hide all others. */
    List<ElfSymbol> functions(String name) {
        List<ElfSymbol> exported = distinct(elf.dynamicSymbols().findAll(name).stream());
        return exported.isEmpty() ? local(name) : exported;
    }

    /** As {@link #functions}, of all symbols. */
    List<ElfSymbol> local(String name) {
        return distinct(all.findAll(name).stream());
    }

    private static List<ElfSymbol> distinct(Stream<ElfSymbol> symbols) {
        Set<LinkAddress> seen = new HashSet<>();
        return symbols.filter(SymbolSources::isFunction).filter(symbol -> seen.add(symbol.address())).toList();
    }

    private static boolean isFunction(ElfSymbol symbol) {
        return symbol.isDefined() && symbol.type().isFunction();
    }

    /** The names of all functions. */
    Stream<String> names() {
        return Stream.concat(elf.dynamicSymbols().stream(), all.stream()).filter(SymbolSources::isFunction)
                .map(ElfSymbol::name);
    }

    /** The function that begins at an address. */
    Optional<ElfSymbol> startingAt(LinkAddress address) {
        return containing(address).filter(symbol -> symbol.address().equals(address));
    }

    /** What contains an address. */
    Optional<ElfSymbol> containing(LinkAddress address) {
        return all.containing(address).or(() -> elf.dynamicSymbols().containing(address));
    }

    /** Whether any symbol of code begins at an address of which this holds. */
    boolean anyWithin(LongPredicate inside) {
        return Stream.concat(elf.dynamicSymbols().stream(), all.stream())
                .anyMatch(symbol -> symbol.isDefined() && inside.test(symbol.value())
                        && (symbol.type().isFunction() || symbol.type() == SymbolType.NOTYPE));
    }

    /** The source files of the functions of a name, by their addresses, as far as symbols tell (gABI, STT_FILE). */
    Map<LinkAddress, String> filesOf(String name) {
        Map<LinkAddress, String> files = new HashMap<>();
        String[] file = {""};
        all.stream().forEach(symbol -> {
            if (symbol.type() == SymbolType.FILE) {
                file[0] = symbol.name();
            } else if (symbol.name().equals(name) && isFunction(symbol) && !file[0].isEmpty()) {
                files.putIfAbsent(symbol.address(), file[0]);
            }
        });
        return files;
    }
}
