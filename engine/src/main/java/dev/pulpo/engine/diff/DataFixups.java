package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The data that functions of the new build use: the old build's where it has it, taken over otherwise, and what has to be
 * written into the words of what is taken over. Words that the loader fills for the old build (its global offset table)
 * are the old build's as well, so that a name means to the new code what it means to the old.
 */
final class DataFixups {
    /** What is to be said of a function that uses what has moved. */
    static final String MOVED = "%s uses thread-local variables, and they lie elsewhere in the new build: thread-local"
            + " variables may not come, go or change their size";

    private static final int ALIGNMENT = 32;

    private final CodeNames old;
    private final CodeNames replacement;
    private final BuildMatcher twins;
    private final Comparison comparison;
    private final Consumer<ElfSymbol> carry;
    private final Consumer<String> useConstants;
    private final BiConsumer<Check, String> refuse;
    private final Map<String, List<Relocation>> oldSlots = new HashMap<>();
    private final boolean threadLocalsMoved;
    private final TreeMap<Long, ElfSymbol> kept = new TreeMap<>();
    private final TreeMap<Long, Fill> fills = new TreeMap<>();
    private final List<String> leftOut = new ArrayList<>();

    /** What is written into a word. */
    sealed interface Fill {
        /** How many bytes. */
        default int size() {
            return this instanceof PerThread || this instanceof Import wanted && wanted.pair() ? 16 : 8;
        }

        /** The address of something of the old build. */
        record Old(long address, String name) implements Fill {}

        /** The address of something that was taken over; the same as in the new build. */
        record Own(long address) implements Fill {}

        /** What the loader finds by a name; the second word of a pair as well. */
        record Import(ElfSymbol symbol, RelocationType type, long addend, boolean pair) implements Fill {}

        /** The module of the old build and the offset of a thread-local variable. */
        record PerThread(long offset, String name) implements Fill {}
    }

    DataFixups(Comparison comparison, Consumer<ElfSymbol> carry, Consumer<String> useConstants,
            BiConsumer<Check, String> refuse) {
        this.comparison = comparison;
        old = comparison.old();
        replacement = comparison.replacement();
        twins = comparison.matcher();
        this.carry = carry;
        this.useConstants = useConstants;
        this.refuse = refuse;
        threadLocalsMoved = !ThreadLocalOffsets.of(old).equals(ThreadLocalOffsets.of(replacement));
        for (long place : old.relocated()) {
            if (isSlot(old, place)) {
                old.relocation(place).ifPresent(relocation -> key(old, relocation)
                        .ifPresent(key -> oldSlots.computeIfAbsent(key, added -> new ArrayList<>()).add(relocation)));
            }
        }
    }

    private static boolean isSlot(CodeNames names, long place) {
        return names.section(place).filter(section -> section.name().startsWith(".got")).isPresent();
    }

    private static Optional<ElfSymbol> symbol(CodeNames names, Relocation relocation) {
        return relocation.symbolIndex() == 0
                ? Optional.empty()
                : Optional.of(names.code().elf().dynamicSymbols().get(relocation.symbolIndex()));
    }

    /** What the loader looks up for a word, and what it makes of it. */
    private static Optional<String> key(CodeNames names, Relocation relocation) {
        RelocationType type = relocation.type();
        if (relocation.symbolIndex() == 0
                && (type.equals(RelocationType.TPOFF64) || type.equals(RelocationType.TLSDESC))) {
            // A variable of the object itself, by its offset; that tells which one as long as none has moved.
            return Optional.of(type + " " + relocation.addend());
        }
        return symbol(names, relocation).map(symbol -> symbol.name()
                + (symbol.isDefined() ? "" : symbol.version().map(version -> "@" + version.name()).orElse("")) + " "
                + relocation.addend() + (isThreadLocal(relocation.type()) ? " " + relocation.type() : ""));
    }

    private static boolean isThreadLocal(RelocationType type) {
        return type.equals(RelocationType.DTPMOD64) || type.equals(RelocationType.DTPOFF64)
                || type.equals(RelocationType.TPOFF64) || type.equals(RelocationType.TLSDESC);
    }

    /**
     * The word of the old build that holds what a word of the new build's global offset table holds; empty where that is
     * taken over.
     *
     * @param branch whether it is used to get to a function only
     */
    Optional<ExtractionPlan.Goal.Old> slot(long place, boolean branch, String user) {
        Optional<Relocation> found = replacement.relocation(place);
        if (found.isEmpty()) {
            refuse.accept(Check.REFERENCE, user + String.format(Locale.ROOT,
                    " uses a word of the global offset table, at 0x%x, that nobody fills", place));
            return Optional.empty();
        }
        Relocation relocation = found.get();
        if (threadLocalsMoved && isThreadLocal(relocation.type())
                && symbol(replacement, relocation).filter(symbol -> !symbol.isDefined()).isEmpty()) {
            refuse.accept(Check.REFERENCE, MOVED.formatted(user));
            return Optional.empty();
        }
        // Until it is called the first time, a slot of the linkage table holds no address of a function.
        Optional<Relocation> same = key(replacement, relocation)
                .flatMap(key -> oldSlots.getOrDefault(key, List.of()).stream()
                        .filter(each -> branch || !each.type().equals(RelocationType.JUMP_SLOT)).findFirst());
        if (same.isEmpty()) {
            fill(relocation);
        }
        return same.map(each -> new ExtractionPlan.Goal.Old(each.offset().value(),
                symbol(replacement, relocation).map(ElfSymbol::name).orElse("a thread-local variable")));
    }

    /** Where the old build has a variable; empty where it is taken over. */
    Optional<Long> variable(ElfSymbol variable) {
        Optional<ElfSymbol> twin = twins.of(variable);
        if (twin.isPresent() && !replacement.isConstant(variable.value())) {
            room(twin.get(), variable);
            return twin.map(ElfSymbol::value);
        }
        if (twin.isPresent() && comparison.isSame(twin.get(), variable)) {
            return twin.map(ElfSymbol::value);
        }
        Optional<String> doubt = twin.isPresent() ? Optional.empty() : twins.doubt(variable);
        doubt.ifPresent(why -> refuse.accept(Check.AMBIGUOUS, why));
        takeOver(variable);
        return Optional.empty();
    }

    private void room(ElfSymbol twin, ElfSymbol variable) {
        if (!replacement.isUnnamed(variable) && twin.size() != variable.size()) {
            refuse.accept(Check.REFERENCE, variable.name() + " has " + variable.size() + " bytes instead of "
                    + twin.size() + ": the old build has no room for it");
        } else if (replacement.isUnnamed(variable) && grows(twin, variable)) {
            refuse.accept(Check.LAYOUT,
                    String.format(Locale.ROOT, "the variable at 0x%x may have up to %d bytes instead "
                            + "of up to %d: the old build may have no room for it", variable.value(), variable.size(),
                            twin.size()));
        }
    }

    /** Without a symbol a variable reaches to the next thing that is used; what lies between for alignment does not count. */
    private boolean grows(ElfSymbol twin, ElfSymbol variable) {
        return replacement.isReferredTo(variable.value()) && variable.size() - twin.size() >= ALIGNMENT;
    }

    /** Without a symbol it reaches to the next thing that the old build has, or that has an address of its own. */
    private void takeOver(ElfSymbol variable) {
        ElfSymbol next = variable;
        while (next != null && kept.putIfAbsent(next.value(), next) == null) {
            replacement.relocated(next.value(), next.value() + next.size()).forEach(this::fill);
            long end = next.value() + next.size();
            next = replacement.isUnnamed(variable)
                    ? replacement.containing(end).filter(each -> each.value() == end && replacement.isUnnamed(each)
                            && !replacement.isReferredTo(end) && (replacement.isConstant(end)
                                    || twins.of(each).isEmpty()))
                            .orElse(null)
                    : null;
        }
    }

    /** Takes a single word over, whatever it belongs to. */
    void keep(long place) {
        replacement.relocation(place).ifPresentOrElse(this::fill, () -> refuse.accept(Check.REFERENCE,
                String.format(Locale.ROOT, "nobody fills the word at 0x%x of the new build", place)));
    }

    private void fill(Relocation relocation) {
        long place = relocation.offset().value();
        if (fills.containsKey(place)) {
            return;
        }
        RelocationType type = relocation.type();
        Optional<ElfSymbol> symbol = symbol(replacement, relocation);
        boolean foreign = symbol.isPresent() && !symbol.get().isDefined();
        if (type.equals(RelocationType.DTPMOD64)) {
            long offset = replacement.relocation(place + Long.BYTES).map(Relocation::addend)
                    .orElseGet(() -> replacement.word(place + Long.BYTES).orElse(0L));
            fills.put(place, foreign
                    ? new Fill.Import(symbol.get(), type, offset, true)
                    : new Fill.PerThread(offset + symbol.map(ElfSymbol::value).orElse(0L),
                            symbol.map(ElfSymbol::name).orElse("a thread-local variable")));
        } else if (foreign && !type.equals(RelocationType.COPY)) {
            fills.put(place, new Fill.Import(symbol.get(), type, relocation.addend(), false));
        } else if (type.equals(RelocationType.GLOB_DAT) && symbol.filter(this::isShared).isPresent()) {
            // The program may have a copy of the variable (R_X86_64_COPY): the loader knows which one counts.
            fills.put(place, new Fill.Import(symbol.get(), type, relocation.addend(), false));
        } else if (type.equals(RelocationType.RELATIVE)) {
            pointer(place, relocation.addend());
        } else if (symbol.isPresent() && (type.equals(RelocationType.GLOB_DAT) || type.equals(RelocationType.JUMP_SLOT)
                || type.equals(RelocationType.ABSOLUTE_64))) {
            pointer(place, symbol.get().value() + relocation.addend());
        } else {
            refuse.accept(Check.REFERENCE, String.format(Locale.ROOT,
                    "the word at 0x%x of the new build is filled by a relocation of type %s, for which the old build has "
                            + "none",
                    place, type));
        }
    }

    /** Whether it is a variable that the old build exports as well. */
    private boolean isShared(ElfSymbol symbol) {
        return symbol.type() == SymbolType.OBJECT && old.code().elf().dynamicSymbols().find(symbol.name())
                .filter(ElfSymbol::isDefined).isPresent();
    }

    private void pointer(long place, long value) {
        Optional<ElfSymbol> meant = replacement.containing(value);
        boolean constant = replacement.section(value).filter(each -> !each.isWritable() && !each.isExecutable())
                .isPresent();
        if (constant) {
            replacement.section(value).ifPresent(section -> useConstants.accept(section.name()));
            fills.put(place, new Fill.Own(value));
        } else if (meant.isEmpty()) {
            Optional<Long> exact = NameMatcher.exact(old, replacement, value);
            if (exact.isEmpty()) {
                refuse.accept(Check.REFERENCE, String.format(Locale.ROOT,
                        "the word at 0x%x of the new build points to 0x%x, where nothing has a name", place, value));
            }
            exact.ifPresent(address -> fills.put(place, new Fill.Old(address, "a symbol without a size")));
        } else if (meant.get().type() == SymbolType.FUNC) {
            Optional<ElfSymbol> twin = twins.of(meant.get());
            if (twin.isEmpty()) {
                carry.accept(meant.get());
            }
            fills.put(place, twin.<Fill>map(was -> new Fill.Old(was.value() + value - meant.get().value(), was.name()))
                    .orElseGet(() -> new Fill.Own(value)));
        } else {
            // Before its own words are looked at: they may point back.
            fills.put(place, new Fill.Own(value));
            variable(meant.get()).ifPresent(was -> fills.put(place,
                    new Fill.Old(was + value - meant.get().value(), meant.get().name())));
        }
    }

    /** What the old build cannot be given. */
    void checkVariables() {
        for (ElfSymbol variable : replacement.variables()) {
            Optional<ElfSymbol> twin = twins.of(variable);
            if (twin.isPresent() && !comparison.isSame(twin.get(), variable)) {
                if (!replacement.isConstant(variable.value())
                        && comparison.versions().areVariables(twin.get(), variable)) {
                    leftOut.add(variable.name() + " keeps its text, which differs by a version");
                } else if (!replacement.isConstant(variable.value())) {
                    refuse.accept(Check.DATA, variable.name() + " begins with another value in the new build: in a "
                            + "process that runs, it keeps what it has");
                } else if (variable.name().startsWith("_ZTV")) {
                    refuse.accept(Check.LAYOUT, variable.name() + ", a table of virtual functions, is not what it was: "
                            + "objects that there are go on to have the old one");
                } else {
                    held(variable);
                }
            }
        }
        replacement.code().elf().sections(dev.pulpo.elf.SectionType.INIT_ARRAY).forEach(section -> replacement
                .relocated(section.address().value(), section.address().value() + section.size()).stream()
                .flatMap(relocation -> replacement.containing(relocation.addend()).stream())
                .filter(function -> twins.of(function).isEmpty())
                .forEach(function -> refuse.accept(Check.CONSTRUCTOR, function.name()
                        + " would run when the new build is loaded; in a process that runs it never does")));
    }

    /** A constant that has changed, and that data of the old build points to. */
    private void held(ElfSymbol constant) {
        for (long place : replacement.relocated()) {
            Optional<ElfSymbol> holder = replacement.containing(place);
            boolean points = replacement.relocation(place).filter(each -> each.type().equals(RelocationType.RELATIVE)
                    && each.addend() - constant.value() >= 0 && each.addend() - constant.value() < constant.size())
                    .isPresent();
            if (points && holder.isPresent() && !kept.containsKey(holder.get().value())) {
                refuse.accept(Check.DATA, constant.name() + " has changed, and " + holder.get().name()
                        + " goes on to point to the old one");
            }
        }
    }

    /** Variables that stay as they are although they differ, and why. */
    List<String> leftOut() {
        return leftOut;
    }

    /** The variables that are taken over. */
    Map<Long, ElfSymbol> kept() {
        return kept;
    }

    /** Whether thread-local variables of the object lie elsewhere than they did. */
    boolean threadLocalsMoved() {
        return threadLocalsMoved;
    }

    /** Whether a word belongs to a variable that is taken over. */
    boolean isKept(long place) {
        Map.Entry<Long, ElfSymbol> below = kept.floorEntry(place);
        return below != null && place - below.getKey() < below.getValue().size();
    }

    /** What is written into which words of the new object. */
    Map<Long, Fill> fills() {
        return new LinkedHashMap<>(fills);
    }
}
