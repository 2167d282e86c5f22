package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds the variables in scope at an address: those of the functions and blocks around it (DWARF 5, 3.5). */
final class Scopes {
    /** A function, or an inlined copy, around the address. */
    private static final class FunctionScope {
        private final List<Variable> variables = new ArrayList<>();
    }

    /**
     * A variable.
     *
     * @param blocks   the number of blocks around it in its function
     * @param declared the entry that declares it: those of a function's parameters are in the order of the prototype (DWARF 5,
     *                 4.1), and those of a copy need not be
     */
    private record Variable(LocalVariable variable, int blocks, long declared) {
        private long place() {
            return variable.parameter() ? declared : 0;
        }
    }

    /** An entry around the address whose children are being read. */
    private record Around(FunctionScope level, int blocks) {}

    private final Types types;
    private final LinkAddress place;
    private final List<FunctionScope> levels = new ArrayList<>();
    /** The abstract entries of functions that copies refer to, and the places of the copies. */
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
     * @param function a reader at the function with code there; it is moved
     */
    static List<List<LocalVariable>> around(Types types, EntryReader function, LinkAddress place) {
        Scopes scopes = new Scopes(types, place);
        scopes.scan(function);
        scopes.addWhatIsNowhere(function);
        Comparator<Variable> order = Comparator.comparing((Variable each) -> !each.variable().parameter())
                .thenComparing(Variable::blocks, Comparator.reverseOrder()).thenComparingLong(Variable::place);
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

    /** The scope of an entry's children; null if the entry is not around the address. */
    private @Nullable Around inside(EntryReader entry, Around parent, boolean isVariable) {
        if (isVariable) {
            add(entry, parent);
            return null;
        }
        return switch (entry.tag()) {
            // A block without ranges shares those of the enclosing block.
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

    private FunctionScope opened() {
        FunctionScope level = new FunctionScope();
        levels.add(level);
        if (levels.size() > SourceFrames.DEEPEST) {
            throw SourceFrames.tooDeep(place);
        }
        return level;
    }

    private Around open(EntryReader entry, FunctionScope level, int blocks) {
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
        // A declaration refers to a variable of the whole program.
        if (!names.name().isEmpty() && !entry.flag(Dw.DECLARATION)) {
            entry.work().spend(Work.KEPT);
            around.level().variables.add(new Variable(new LocalVariable(names.name(), types.nameOfTypeFor(entry),
                    entry.tag() == Dw.TAG_PARAMETER, names.declaration(),
                    Locations.of(Locals.described(entry), Dw.LOCATION),
                    entry.reference()), around.blocks(),
                    entry.reference(Dw.ABSTRACT_ORIGIN).orElse(entry.reference())));
        }
    }

    /** Adds the variables that the compiler removed, which have no entries in copies. */
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
