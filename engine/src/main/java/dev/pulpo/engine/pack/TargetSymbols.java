package dev.pulpo.engine.pack;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.SymbolVisibility;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.elf.dwarf.VariableInfo;
import dev.pulpo.elf.dwarf.VariableLocation;
import dev.pulpo.engine.check.CodeFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The names of a target: dynamic symbols, its own or its debug file's symbol table, and what debug information adds. */
final class TargetSymbols {
    private final CodeFacts target;

    /** What a name stands for. */
    enum Kind {
        FUNCTION, VARIABLE, THREAD_LOCAL
    }

    /**
     * A meaning of a name.
     *
     * @param value     its link address; for a thread-local variable, its offset in the TLS segment
     * @param signature of a function; empty where it is not known
     */
    record Meaning(String name, Kind kind, long value, Optional<SourceLine> declaration, Optional<String> signature) {
        /** For a person to choose by. */
        String describe() {
            return declaration.map(SourceLine::toString).orElse("0x" + Long.toHexString(value))
                    + signature.map(text -> " " + text).orElse("");
        }
    }

    TargetSymbols(CodeFacts target) {
        this.target = target;
    }

    /** Whether other objects can refer to the name. */
    boolean isExported(String name) {
        return target.elf().dynamicSymbols().findAll(name).stream()
                .anyMatch(symbol -> symbol.isDefined() && symbol.binding() != SymbolBinding.LOCAL
                        && (symbol.visibility() == SymbolVisibility.DEFAULT
                                || symbol.visibility() == SymbolVisibility.PROTECTED));
    }

    /** Whether nothing is known but the names of what other objects can refer to. */
    boolean areExportsOnly() {
        return Stream.of(target.elf().symbols(), target.info().symbols()).flatMap(SymbolTable::stream)
                .noneMatch(TargetSymbols::isFunction);
    }

    /** The names of all functions. */
    Stream<String> functions() {
        return Stream.of(target.elf().dynamicSymbols(), target.elf().symbols(), target.info().symbols())
                .flatMap(SymbolTable::stream).filter(TargetSymbols::isFunction).map(ElfSymbol::name);
    }

    private static boolean isFunction(ElfSymbol symbol) {
        return symbol.isDefined() && symbol.type() == SymbolType.FUNC;
    }

    /** All meanings of a name that are at different places. */
    List<Meaning> meanings(String name) {
        Map<String, Meaning> found = new LinkedHashMap<>();
        Stream.of(target.elf().dynamicSymbols().findAll(name), target.elf().symbols().findAll(name),
                target.info().symbols(name)).flatMap(List::stream).filter(ElfSymbol::isDefined)
                .forEach(symbol -> meaning(symbol)
                        .ifPresent(meaning -> found.putIfAbsent(meaning.kind() + " " + meaning.value(), meaning)));
        return new ArrayList<>(found.values());
    }

    private Optional<Meaning> meaning(ElfSymbol symbol) {
        if (symbol.type() == SymbolType.TLS) {
            return Optional.of(variable(symbol, Kind.THREAD_LOCAL));
        }
        if (symbol.type() == SymbolType.OBJECT) {
            return Optional.of(variable(symbol, Kind.VARIABLE));
        }
        if (symbol.type() == SymbolType.FUNC) {
            Optional<FunctionInfo> known = target.functionEnteredAt(symbol.address());
            return Optional.of(new Meaning(symbol.name(), Kind.FUNCTION, symbol.value(),
                    known.flatMap(FunctionInfo::declaration), known.map(FunctionInfo::signature)));
        }
        return Optional.empty();
    }

    private Meaning variable(ElfSymbol symbol, Kind kind) {
        // GCC gives static variables of functions a number behind their name.
        String plain = symbol.name().replaceFirst("[.][0-9]+$", "");
        Optional<SourceLine> declaration = target.info().variables(plain).stream()
                .filter(variable -> isAt(variable.location(), symbol.value(), kind)).findFirst()
                .flatMap(VariableInfo::declaration);
        return new Meaning(symbol.name(), kind, symbol.value(), declaration, Optional.empty());
    }

    private static boolean isAt(VariableLocation location, long value, Kind kind) {
        return switch (location) {
            case VariableLocation.Static place ->
                kind == Kind.VARIABLE && place.address().equals(new LinkAddress(value));
            case VariableLocation.PerThread place -> kind == Kind.THREAD_LOCAL && place.offset() == value;
        };
    }
}
