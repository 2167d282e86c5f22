package dev.pulpo.engine.code;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.elf.mangled.CxxNames;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The symbols of an object: the dynamic ones, and all others from the object or from its separate debug file. */
public final class SymbolSources {
    /**
     * What gcc and LLVM append when they copy, split or move a function: {@code .constprop.0}, {@code .isra.0},
     * {@code .part.0}, {@code .cold}, {@code .llvm.123}; a number alone where functions within functions, or static ones of
     * several files, have the same name.
     */
    private static final Pattern MADE_BY_COMPILERS = Pattern.compile("(?:\\.(?:constprop|isra|part|cold|llvm|lto_priv"
            + "|localalias|clone|__uniq|specialized|argprom|argelim|retelim|extracted|actor|resume|destroy|cleanup|[0-9]+))+");

    private final ElfFile elf;
    private final SymbolTable all;

    private SymbolSources(ElfFile elf, SymbolTable all) {
        this.elf = elf;
        this.all = all;
    }

    public static SymbolSources of(ProcessImage image, LoadedObject object) {
        SymbolTable own = object.elf().symbols();
        return new SymbolSources(object.elf(),
                own.size() > 0 ? own : debugFile(image, object).map(ElfFile::symbols).orElse(own));
    }

    /** Those of a file. */
    public static SymbolSources of(ElfFile elf, SymbolTable all) {
        return new SymbolSources(elf, all);
    }

    private static Optional<ElfFile> debugFile(ProcessImage image, LoadedObject object) {
        try {
            return DebugFiles.in(new TargetFiles(image.pid(), image.tid()), ReadLimits.PROCESS)
                    .find(object.elf(), object.path())
                    .map(DebugFiles.Found::file);
        } catch (IOException | MalformedElfException unusable) {
            // The object's own names remain; an error for a missing name tells.
            return Optional.empty();
        }
    }

    /** The functions with a name, one for each address; dynamic symbols hide all others. */
    public List<ElfSymbol> functions(String name) {
        List<ElfSymbol> exported = exported(elf, name);
        return exported.isEmpty() ? local(name) : exported;
    }

    /** The functions with a name that an object has for others, one for each address. */
    public static List<ElfSymbol> exported(ElfFile elf, String name) {
        return distinct(elf.dynamicSymbols().findAll(name).stream());
    }

    /** As {@link #functions}, of all symbols. */
    public List<ElfSymbol> local(String name) {
        return distinct(all.findAll(name).stream());
    }

    /** What compilers have made of a function, under names that begin with the function's, one for each address. */
    public List<ElfSymbol> renamed(String name) {
        return distinct(Stream.concat(elf.dynamicSymbols().stream(), all.stream())
                .filter(symbol -> symbol.name().startsWith(name)
                        && MADE_BY_COMPILERS.matcher(symbol.name().substring(name.length())).matches()));
    }

    private static List<ElfSymbol> distinct(Stream<ElfSymbol> symbols) {
        Set<LinkAddress> seen = new HashSet<>();
        return symbols.filter(SymbolSources::isFunction).filter(symbol -> seen.add(symbol.address())).toList();
    }

    private static boolean isFunction(ElfSymbol symbol) {
        return symbol.isDefined() && symbol.type().isFunction();
    }

    public Stream<String> names() {
        return Stream.concat(elf.dynamicSymbols().stream(), all.stream()).filter(SymbolSources::isFunction)
                .map(ElfSymbol::name);
    }

    /** The symbols of functions that are known to people by a name ({@link CxxNames}), one for each address. */
    public static List<String> meant(Stream<SymbolSources> objects, String readable) {
        return objects.flatMap(each -> distinct(Stream.concat(each.elf.dynamicSymbols().stream(), each.all.stream())
                .filter(symbol -> CxxNames.isCalled(symbol.name(), readable))).stream()).map(ElfSymbol::name).distinct()
                .toList();
    }

    /** The function that begins at a link address. */
    public Optional<ElfSymbol> startingAt(LinkAddress address) {
        return containing(address).filter(symbol -> symbol.address().equals(address));
    }

    /** The symbol around a link address. */
    public Optional<ElfSymbol> containing(LinkAddress address) {
        return all.containing(address).or(() -> elf.dynamicSymbols().containing(address));
    }

    /** Whether any code symbol begins at a matching address. */
    boolean anyWithin(LongPredicate inside) {
        return Stream.concat(elf.dynamicSymbols().stream(), all.stream())
                .anyMatch(symbol -> symbol.isDefined() && inside.test(symbol.value())
                        && (symbol.type().isFunction() || symbol.type() == SymbolType.NOTYPE));
    }

    /** The source files of the functions with a name, by address, as far as symbols tell (gABI, STT_FILE). */
    public Map<LinkAddress, String> filesOf(String name) {
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
