package dev.pulpo.engine.data;

import dev.pulpo.elf.DynamicTag;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.dwarf.DataObject;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.elf.dwarf.VariableLocation;
import dev.pulpo.engine.inspect.KnownCode;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the variable that a name means. The program's own variables hide those of libraries; among several of one place in
 * that order, the user has to choose. A declaration stands for what the loader binds its name to.
 */
final class VariableFinder {
    private static final int SHOWN = 10;
    /** A bit of DT_FLAGS (gABI, "Dynamic Section"). */
    private static final long DF_SYMBOLIC = 2;

    private final ProcessImage image;
    private final KnownCode code;
    private final Function<LoadedObject, ObjectMemory> memory;

    VariableFinder(ProcessImage image, KnownCode code, Function<LoadedObject, ObjectMemory> memory) {
        this.image = image;
        this.code = code;
        this.memory = memory;
    }

    /**
     * The variable of a name.
     *
     * @param in   a source file, an object or a function that it is in; empty for any
     * @param name plain, qualified, or as in the symbol table
     * @throws NoDataException where there is none, or where there are several
     */
    DataObject find(String in, String name) {
        List<LoadedObject> program = image.program().stream().toList();
        List<FoundVariable> own = variables(program, in, name);
        List<FoundVariable> definitions = definitions(own);
        if (definitions.isEmpty()) {
            Optional<DataObject> bound = bound(own, name);
            if (bound.isPresent()) {
                return bound.get();
            }
            List<FoundVariable> others = variables(image.objects().stream()
                    .filter(object -> object.isListed() && !program.contains(object)).toList(), in, name);
            definitions = definitions(others);
            bound = definitions.isEmpty() ? bound(others, name) : Optional.empty();
            if (bound.isPresent()) {
                return bound.get();
            }
            own = own.isEmpty() ? others : own;
        }
        if (definitions.size() > 1) {
            // Variables of namespaces and classes are found by their plain names, too.
            List<FoundVariable> exactly = definitions.stream().filter(found -> found.qualifiedName().equals(name))
                    .toList();
            definitions = exactly.size() == 1 ? exactly : definitions;
        }
        if (definitions.size() > 1) {
            throw new NoDataException("there are several; put a source file or an object and a colon before the name: "
                    + definitions.stream().limit(SHOWN).map(FoundVariable::toString).collect(Collectors.joining("; "))
                    + (definitions.size() > SHOWN ? "; …" : ""));
        }
        if (definitions.isEmpty()) {
            throw new NoDataException(own.isEmpty()
                    ? missing(in, name)
                    : own.getFirst().variable().declared()
                            ? "it is only declared, and no object defines it: " + own.getFirst()
                            : "the compiler has removed it: " + own.getFirst());
        }
        return defined(definitions.getFirst());
    }

    private List<FoundVariable> variables(List<LoadedObject> objects, String in, String name) {
        List<FoundVariable> found = new ArrayList<>();
        for (LoadedObject object : objects) {
            Optional<DebugInfo> info = code.info(image, object);
            boolean isObject = !in.isEmpty() && object.isNamed(in) || in.equals("exe") && isProgram(object);
            info.ifPresent(known -> known.globals(name).stream()
                    .filter(variable -> in.isEmpty() || isObject || variable.isIn(in)
                            || variable.function().filter(in::equals).isPresent())
                    .forEach(variable -> found.add(new FoundVariable(object, known, variable))));
        }
        return found;
    }

    private boolean isProgram(LoadedObject object) {
        return image.program().filter(object::equals).isPresent();
    }

    /** Those with a place, or else those with a value, or none at all; each place once. */
    private static List<FoundVariable> definitions(List<FoundVariable> all) {
        Map<Object, FoundVariable> places = new LinkedHashMap<>();
        List<FoundVariable> placeless = new ArrayList<>();
        for (FoundVariable each : all) {
            if (each.variable().location().isPresent()) {
                places.putIfAbsent(List.of(each.object().bias(), each.variable().location().get()), each);
            } else if (!each.isToBeBound()) {
                placeless.add(each);
            }
        }
        return places.isEmpty() ? placeless : List.copyOf(places.values());
    }

    private DataObject defined(FoundVariable found) {
        Optional<RemoteAddress> bound = found.variable().external()
                && found.variable().location().filter(VariableLocation.Static.class::isInstance).isPresent()
                        ? interposed(found)
                        : Optional.empty();
        return bound.map(place -> found.info().objectAt(found.variable(), place.value(), memory.apply(found.object())))
                .orElseGet(() -> found.info().object(found.variable(), memory.apply(found.object())));
    }

    /** Where the loader has bound the name to instead: to a copy in the program, or to another object's variable. */
    private Optional<RemoteAddress> interposed(FoundVariable found) {
        String symbol = found.variable().symbol();
        LoadedObject object = found.object();
        return isInterposable(object, symbol)
                ? namespace(object).stream().flatMap(each -> each.exported(symbol).stream()).findFirst()
                : Optional.empty();
    }

    private static boolean isInterposable(LoadedObject object, String symbol) {
        return object.exported(symbol).isPresent() && !isSymbolic(object);
    }

    private List<LoadedObject> namespace(LoadedObject object) {
        return object.listing().map(listing -> image.inLookupOrder(listing.namespace())).orElse(List.of(object));
    }

    /** Whether an object's own definitions come first for it (gABI, DT_SYMBOLIC and DF_SYMBOLIC). */
    private static boolean isSymbolic(LoadedObject object) {
        return object.elf().dynamic().value(DynamicTag.SYMBOLIC).isPresent()
                || (object.elf().dynamic().value(DynamicTag.FLAGS).orElse(0) & DF_SYMBOLIC) != 0;
    }

    /** What mere declarations, of which there may be many, stand for: what the linker or the loader has bound the name to. */
    private Optional<DataObject> bound(List<FoundVariable> declarations, String name) {
        for (FoundVariable each : declarations.stream().filter(FoundVariable::isToBeBound).toList()) {
            LoadedObject object = each.object();
            String symbol = each.variable().symbol();
            Optional<ElfSymbol> own = isInterposable(object, symbol)
                    ? Optional.empty()
                    : Stream.concat(each.info().symbols(symbol).stream(),
                            object.elf().symbols().findAll(symbol).stream())
                            .filter(found -> found.isDefined() && !found.binding().equals(SymbolBinding.LOCAL))
                            .findFirst();
            if (own.isPresent()) {
                return Optional.of(at(each, object, own.get()));
            }
            for (LoadedObject other : namespace(object)) {
                Optional<ElfSymbol> exported = other.elf().dynamicSymbols().find(symbol).filter(ElfSymbol::isDefined);
                if (exported.isPresent()) {
                    // The definition may know more of the type than the declaration, such as the length of an array.
                    List<FoundVariable> known = definitions(variables(List.of(other), "", name)).stream()
                            .filter(found -> found.variable().external()).toList();
                    return Optional.of(known.size() == 1 && !exported.get().type().equals(SymbolType.TLS)
                            ? known.getFirst().info().objectAt(known.getFirst().variable(),
                                    other.toRemote(exported.get().address()).value(), memory.apply(other))
                            : at(each, other, exported.get()));
                }
            }
        }
        return Optional.empty();
    }

    private DataObject at(FoundVariable declaration, LoadedObject owner, ElfSymbol symbol) {
        ObjectMemory ownMemory = memory.apply(owner);
        long place = symbol.type().equals(SymbolType.TLS)
                ? ownMemory.threadLocal(symbol.value())
                : owner.toRemote(symbol.address()).value();
        return declaration.info().objectAt(declaration.variable(), place, ownMemory);
    }

    private String missing(String in, String name) {
        String where = in.isEmpty() ? "" : " in " + in;
        for (LoadedObject object : image.objects()) {
            Optional<ElfSymbol> symbol = Stream.of(object.elf().symbols(), object.elf().dynamicSymbols())
                    .flatMap(table -> table.findAll(name).stream())
                    .filter(found -> found.isDefined() && found.type().equals(SymbolType.OBJECT)).findFirst();
            if (in.isEmpty() && object.isListed() && symbol.isPresent()) {
                return "there is a variable of " + symbol.get().size() + " bytes at "
                        + object.toRemote(symbol.get().address()) + " in " + object.path()
                        + ", but no debug information tells its type";
            }
        }
        Optional<DebugInfo> own = image.program().flatMap(program -> code.info(image, program));
        if (own.filter(known -> !known.units().isEmpty()).isEmpty()) {
            return "there is no such variable" + where + ": " + image.executable()
                    + " has no debug information, and none"
                    + " was found in /usr/lib/debug; compile with -g, or install the debug symbols";
        }
        List<String> nearest = NearestNames.to(name, image.program().stream()
                .flatMap(program -> Stream.concat(program.elf().symbols().stream(), own.get().symbols().stream()))
                .filter(symbol -> symbol.isDefined() && symbol.type().equals(SymbolType.OBJECT)).map(ElfSymbol::name));
        List<String> files = own.get().missing();
        return "there is no such variable" + where
                + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?")
                + (files.isEmpty() ? "" : "; debug information is missing: " + String.join(", ", files));
    }
}
