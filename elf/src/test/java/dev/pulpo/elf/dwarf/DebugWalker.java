package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.Questions;
import dev.pulpo.elf.cfi.CfiTable;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Asks debug information everything that can be asked; malformed answers are fine, anything else goes through. */
final class DebugWalker extends Questions {
    /** Of what there can be many, so many are asked about one by one. */
    private static final int MANY = 64;
    private static final int FEW = 4;
    private static final int LAST_ATTRIBUTE = 0x8c;

    private int defects;

    /** How many units were left out. */
    int defects() {
        return defects;
    }

    /** The bytes of an object with its debug information, and maybe with a split unit and a package of such as well. */
    void walk(byte[] bytes) {
        ElfFile opened = ask(() -> ElfFile.of(ByteSource.of(bytes), "fuzzed"));
        if (opened == null) {
            return;
        }
        try (ElfFile file = opened) {
            frames(file);
            DebugInfo info = ask(() -> DebugInfo.of(file));
            if (info != null) {
                walk(info);
            }
            World world = ask(() -> world(file));
            if (world != null) {
                world.units().forEach(this::entries);
                if (world.units().stream().anyMatch(Unit::isSplit)) {
                    walk(new DebugInfo(file, world, List.of(), List.of()));
                }
            }
        }
    }

    private void frames(ElfFile file) {
        if (file.header().type().equals(ObjectType.RELOCATABLE)) {
            // Functions have no addresses yet, and whoever asks is told that it is a mistake of his.
            return;
        }
        CfiTable table = ask(() -> CfiTable.of(file));
        for (int i = 0; table != null && i < table.rowCount(); i++) {
            LinkAddress start = table.rowStart(i);
            ask(() -> table.row(start));
        }
    }

    /** The units of a file that is its own split file, and its own package. */
    private World world(ElfFile file) {
        World world = new World(file);
        world.add(new Sections(file, ""), null);
        Optional<PackageFile> packed = Optional.ofNullable(ask(() -> PackageFile.read(file)));
        for (Unit unit : world.units().stream().limit(FEW).toList()) {
            Optional<String> name = ask(unit::splitName);
            if (name != null && name.isPresent()) {
                ask(() -> {
                    world.add(new Sections(file, ".dwo"), unit);
                    return true;
                });
                packed.flatMap(each -> each.unit(unit.splitId())).ifPresent(sections -> ask(() -> {
                    world.add(sections, unit);
                    return true;
                }));
            }
        }
        packed.stream().flatMap(each -> each.types().stream()).limit(FEW).forEach(sections -> ask(() -> {
            world.add(sections, null);
            return true;
        }));
        return world;
    }

    private void entries(Unit unit) {
        ask(unit::lines);
        ask(unit::directory);
        EntryReader entry = ask(unit::entries);
        while (entry != null && Boolean.TRUE.equals(ask(entry::next))) {
            EntryReader here = entry;
            for (int attribute = 1; attribute <= LAST_ATTRIBUTE; attribute++) {
                if (here.has(attribute)) {
                    int name = attribute;
                    ask(() -> here.string(name));
                    ask(() -> here.constant(name));
                    ask(() -> here.address(name));
                    ask(() -> here.block(name));
                    ask(() -> here.reference(name));
                    ask(() -> Locations.of(here, name).toString());
                }
            }
            ask(() -> Ranges.of(here));
            ask(() -> Names.of(here));
            ask(() -> Names.root(here));
            ask(() -> VariableLocations.of(here));
        }
    }

    /** Asks all of what has been opened. */
    void walk(DebugInfo info) {
        ask(info::missing);
        ask(info::units);
        List<MalformedElfException> left = ask(info::defects);
        if (left == null) {
            return;
        }
        defects += left.size();
        functions(info);
        List<VariableInfo> variables = ask(info::variables);
        if (variables != null) {
            variables.stream().limit(MANY).forEach(variable -> ask(() -> info.variables(variable.name())));
        }
        List<QualifiedType> types = ask(info::types);
        if (types != null) {
            for (QualifiedType type : types.subList(0, Math.min(MANY, types.size()))) {
                ask(() -> info.types(type));
                ask(() -> info.types(type.type().name()));
                ask(() -> info.layout(type.type().name()));
            }
        }
        for (String name : List.of("main", "point", "")) {
            ask(() -> info.functions(name));
            ask(() -> info.variables(name));
            ask(() -> info.layout(name));
        }
        ask(() -> info.line(new LinkAddress(-1)));
        ask(() -> info.frames(new LinkAddress(0x1000)));
        ask(() -> info.symbolContaining(new LinkAddress(0x1000)));
    }

    private void functions(DebugInfo info) {
        Iterator<FunctionInfo> all = ask(() -> info.functions().iterator());
        int asked = 0;
        while (all != null && Boolean.TRUE.equals(ask(all::hasNext)) && asked < MANY) {
            FunctionInfo function = ask(all::next);
            asked++;
            if (function == null) {
                continue;
            }
            ask(() -> info.parts(function));
            ask(() -> info.functions(function.name()));
            ask(() -> info.functions(function.linkageName()));
            for (FunctionInfo.Body body : function.bodies().stream().limit(FEW).toList()) {
                LinkAddress last = body.ranges().getLast().end().plus(-1);
                for (LinkAddress place : List.of(body.entry(), last)) {
                    ask(() -> info.functionAt(place));
                    ask(() -> info.frames(place));
                    ask(() -> info.line(place));
                    locals(info, place);
                }
            }
            if (asked < FEW) {
                function.declaration().ifPresent(place -> ask(() -> info.code(place.file(), place.line())));
            }
        }
    }

    private void locals(DebugInfo info, LinkAddress place) {
        List<SourceScope> scopes = ask(() -> info.scopes(place));
        if (scopes != null) {
            PlainFrame frame = new PlainFrame(info, place);
            scopes.stream().flatMap(scope -> scope.variables().stream()).limit(MANY).forEach(variable -> {
                ask(() -> info.locate(variable, frame).toString());
                ask(() -> info.value(variable, frame).toString());
            });
        }
    }
}
