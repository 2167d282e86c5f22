package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the variables that can be seen at an address: those of the functions and blocks around it (DWARF 5, 3.5). */
final class Scopes {
    /** A function, or an inlined copy, around the address. */
    private static final class Level {
        private final List<Variable> variables = new ArrayList<>();
    }

    /** A variable, and how many blocks of its function are around it. */
    private record Variable(LocalVariable variable, int blocks) {}

    /** An entry around the address whose children are looked at. */
    private record Around(Level level, int blocks) {}

    private final Types types;
    private final LinkAddress place;
    private final List<Level> levels = new ArrayList<>();
    /** Entries of functions as the source has them, which copies refer to, and which block of which level has the copy. */
    private final List<Long> origins = new ArrayList<>();
    private final List<Around> copies = new ArrayList<>();
    private final Set<Long> copied = new HashSet<>();

    private Scopes(Types types, LinkAddress place) {
        this.types = types;
        this.place = place;
    }

    /**
     * The variables of the functions around an address, the innermost first.
     *
     * @param function a reader that stands on the function with code there; it is moved
     */
    static List<List<LocalVariable>> around(Types types, EntryReader function, LinkAddress place) {
        Scopes scopes = new Scopes(types, place);
        scopes.scan(function);
        scopes.addWhatIsNowhere(function);
        Comparator<Variable> order = Comparator.comparing((Variable each) -> !each.variable().parameter())
                .thenComparing(Variable::blocks, Comparator.reverseOrder());
        return scopes.levels.reversed().stream()
                .map(level -> level.variables.stream().sorted(order).map(Variable::variable).toList()).toList();
    }

    private void scan(EntryReader entry) {
        List<@Nullable Around> around = new ArrayList<>();
        around.add(open(entry, opened(), 0));
        while (entry.hasNextBelow()) {
            while (around.size() > entry.depth()) {
                around.removeLast();
            }
            Around parent = around.getLast();
            boolean isVariable = entry.tag() == Dw.TAG_PARAMETER || entry.tag() == Dw.TAG_VARIABLE;
            if (isVariable) {
                OptionalLong origin = entry.reference(Dw.ABSTRACT_ORIGIN);
                origin.ifPresent(copied::add);
            }
            around.add(parent == null ? null : inside(entry, parent, isVariable));
        }
    }

    /** What the children of an entry are in; null where they are not around the address. */
    private @Nullable Around inside(EntryReader entry, Around parent, boolean isVariable) {
        if (isVariable) {
            add(entry, parent);
            return null;
        }
        return switch (entry.tag()) {
            // A block without code of its own has its code in that of the block around it.
            case Dw.TAG_LEXICAL_BLOCK -> covers(entry) || !entry.has(Dw.LOW_PC) && !entry.has(Dw.RANGES)
                    ? open(entry, parent.level(), parent.blocks() + 1)
                    : null;
            case Dw.TAG_INLINED -> covers(entry) ? open(entry, opened(), 0) : null;
            default -> null;
        };
    }

    private boolean covers(EntryReader entry) {
        return Ranges.of(entry).stream().anyMatch(range -> range.contains(place));
    }

    private Level opened() {
        Level level = new Level();
        levels.add(level);
        if (levels.size() > SourceFrames.DEEPEST) {
            throw SourceFrames.tooDeep(place);
        }
        return level;
    }

    private Around open(EntryReader entry, Level level, int blocks) {
        Around opened = new Around(level, blocks);
        OptionalLong origin = entry.reference(Dw.ABSTRACT_ORIGIN);
        if (origin.isPresent()) {
            origins.add(origin.getAsLong());
            copies.add(opened);
        }
        return opened;
    }

    private void add(EntryReader entry, Around around) {
        Names names = Names.of(entry);
        // A declaration stands for a variable of the whole program.
        if (!names.name().isEmpty() && !entry.flag(Dw.DECLARATION)) {
            entry.work().spend(Work.KEPT);
            around.level().variables.add(new Variable(new LocalVariable(names.name(), types.nameOfTypeFor(entry),
                    entry.tag() == Dw.TAG_PARAMETER, names.declaration(),
                    Locations.of(Locals.described(entry), Dw.LOCATION),
                    entry.reference()), around.blocks()));
        }
    }

    /** The variables of the source that the compiler did away with have no entries in copies. */
    private void addWhatIsNowhere(EntryReader function) {
        for (int i = 0; i < origins.size(); i++) {
            EntryReader entry = function.other(origins.get(i));
            while (entry.hasNextBelow()) {
                boolean isVariable = entry.tag() == Dw.TAG_PARAMETER || entry.tag() == Dw.TAG_VARIABLE;
                if (isVariable && entry.depth() == 1 && !copied.contains(entry.reference())) {
                    add(entry, copies.get(i));
                }
            }
        }
    }
}
