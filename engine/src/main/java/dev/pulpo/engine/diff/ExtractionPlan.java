package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.cfi.ExceptionTable;
import dev.pulpo.elf.cfi.FrameExcerpt;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.Remedy;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import dev.pulpo.x86.SlotOperand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What of the new build has to be taken over so that its changed functions run beside the old build: those functions,
 * new ones that they use, new variables, constants; and which of their instructions have to lead to the old build instead
 * of to what lies around them in the new one. Nothing is written.
 */
final class ExtractionPlan {
    private static final int LONG_BRANCH = 4;
    /** How far in front of a variable compilers let a loop begin that counts from one. */
    private static final int BIAS = 16;
    /** How many instructions the use of an address may be behind it. */
    private static final int NEAR = 4;

    private final CodeNames old;
    private final CodeNames replacement;
    private final BuildMatcher twins;
    private final Comparison comparison;
    private final DataFixups words;
    private final List<Finding> findings = new ArrayList<>();
    private final TreeMap<Long, ElfSymbol> carried = new TreeMap<>();
    private final Set<Long> changed = new LinkedHashSet<>();
    private final Set<String> constants = new LinkedHashSet<>();
    private final List<Edit> edits = new ArrayList<>();
    private final Deque<ElfSymbol> waiting = new ArrayDeque<>();
    private final Decoder decoder = new Decoder();
    private final FrameExcerpt frames;

    /** Where an instruction is to lead, or what it is to use. */
    sealed interface Goal {
        /** A place of the old build. */
        record Old(long address, String name) implements Goal {}

        /** What a word of the old build points to. */
        record ThroughOld(long address, String name) implements Goal {}

        /** What a word of the new object points to. */
        record ThroughOwn(long place) implements Goal {}
    }

    /**
     * An instruction that changes.
     *
     * @param at      its link address
     * @param length  in bytes
     * @param operand how it gets at its operand; empty for direct branches
     * @param field   of a direct branch: where in it the distance is; -1 for one too short
     * @param target  of a direct branch: where it leads in the new build
     */
    record Edit(long at, int length, Optional<SlotOperand> operand, int field, long target, Goal goal) {}

    /**
     * @param wanted the functions of the new build that are to replace those of the old, by where they begin
     * @param used   functions and variables that only the new build has, and that code from elsewhere uses
     */
    ExtractionPlan(Comparison comparison, Set<Long> wanted, List<ElfSymbol> used) {
        this.comparison = comparison;
        old = comparison.old();
        replacement = comparison.replacement();
        frames = new FrameExcerpt(replacement.code().elf());
        twins = comparison.matcher();
        words = new DataFixups(comparison, this::carry, constants::add, this::refuse);
        changed.addAll(wanted);
        List.copyOf(changed).forEach(start -> function(start).flatMap(comparison.parts()::owner)
                .ifPresent(owner -> changed.add(owner.value())));
        changed.forEach(start -> function(start).ifPresentOrElse(this::carry, () -> resolver(start)));
        used.forEach(this::use);
        while (!waiting.isEmpty()) {
            scan(waiting.pop());
        }
        words.checkVariables();
    }

    private void use(ElfSymbol symbol) {
        if (symbol.type() == SymbolType.FUNC) {
            carry(symbol);
        } else {
            // The old build has none, so it is taken over.
            words.variable(symbol);
        }
    }

    private void resolver(long start) {
        refuse(Check.CONSTRUCTOR, replacement.shape(start).function().name()
                + " chooses a function while the object is loaded: in a process that runs, it has chosen");
    }

    private Optional<ElfSymbol> function(long start) {
        return replacement.containing(start).filter(symbol -> symbol.type() == SymbolType.FUNC);
    }

    private void carry(ElfSymbol function) {
        if (carried.putIfAbsent(function.value(), function) == null) {
            waiting.push(function);
        }
    }

    private void refuse(Check check, String message) {
        refuse(new Finding(check, message, List.of()));
    }

    private void refuse(Finding finding) {
        if (!findings.contains(finding)) {
            findings.add(finding);
        }
    }

    private void refuse(ElfSymbol function, long at, String what, Remedy... remedies) {
        refuse(new Finding(Check.REFERENCE, function.name() + String.format(Locale.ROOT, " (0x%x) ", at) + what,
                List.of(), List.of(remedies)));
    }

    private void scan(ElfSymbol function) {
        Optional<String> doubt = twins.doubt(function);
        if (doubt.isPresent()) {
            refuse(Check.AMBIGUOUS, doubt.get());
            return;
        }
        if (!replacement.relocated(function.value(), function.value() + function.size()).isEmpty()) {
            refuse(function, function.value(), "has relocations in its code: build it with -fPIC");
            return;
        }
        handlers(function);
        byte[] bytes = replacement.bytes(function.value(), function.size());
        Set<Long> used = new HashSet<>();
        for (int at = 0; at < bytes.length;) {
            int length = decoder.decode(bytes, at, bytes.length);
            if (length == 0) {
                refuse(function, function.value() + at, "holds bytes that are no known instruction");
                return;
            }
            instruction(function, bytes, at, length, used);
            at += length;
        }
    }

    /** What is needed to get exceptions through a function. */
    private void handlers(ElfSymbol function) {
        frames.personality(function.address()).ifPresent(word -> words.keep(word.value()));
        frames.handlers(function.address()).ifPresent(table -> {
            replacement.section(table.value()).ifPresent(section -> constants.add(section.name()));
            ExceptionTable.words(replacement.code().elf(), table).forEach(word -> words.keep(word.value()));
        });
    }

    private void instruction(ElfSymbol function, byte[] bytes, int at, int length, Set<Long> used) {
        long here = function.value() + at;
        if (decoder.flow().isDirect()) {
            long target = here + length + decoder.branchDisplacement();
            int field = decoder.immediateSize() == LONG_BRANCH ? decoder.immediateOffset() : -1;
            branch(function, here, target).ifPresent(goal -> edits.add(
                    new Edit(here, length, Optional.empty(), field, target, goal)));
        } else if (decoder.isRipRelative()) {
            if (decoder.has32BitAddresses()) {
                refuse(function, here, "counts an address from 32 bits of its own");
                return;
            }
            long target = here + length + decoder.displacement();
            boolean indirect = decoder.flow() == Flow.INDIRECT_CALL || decoder.flow() == Flow.INDIRECT_JUMP;
            boolean open = decoder.isLea() && !isUsedItself(bytes, at + length, decoder.register());
            Optional<Goal> goal = data(function, here, target, open, indirect, used);
            goal.ifPresent(found -> {
                Optional<SlotOperand> operand = SlotOperand.of(bytes, at, bytes.length);
                if (operand.isEmpty()) {
                    refuse(function, here, "uses " + describe(found)
                            + " in a way that cannot be led to the old build",
                            Remedy.Action.ADD_SOURCE);
                } else {
                    edits.add(new Edit(here, length, operand, 0, target, found));
                }
            });
        } else if (decoder.hasSegmentBase() && words.threadLocalsMoved() && !isThreadControlBlock()) {
            refuse(Check.REFERENCE, DataFixups.MOVED.formatted(function.name()));
        }
    }

    /** Above the thread pointer are the thread's own things (the stack guard at 0x28), below are its variables. */
    private boolean isThreadControlBlock() {
        return decoder.displacement() > 0;
    }

    private static String describe(Goal goal) {
        return switch (goal) {
            case Goal.Old place -> place.name();
            case Goal.ThroughOld place -> place.name();
            case Goal.ThroughOwn place -> "an import";
        };
    }

    private Optional<Goal> branch(ElfSymbol function, long here, long target) {
        if (target - function.value() >= 0 && target - function.value() < function.size()) {
            return Optional.empty();
        }
        Optional<Long> slot = replacement.pltSlot(target);
        if (slot.isPresent()) {
            return Optional.of(words.slot(slot.get(), true, function.name())
                    .<Goal>map(word -> new Goal.ThroughOld(word.address(), word.name()))
                    .orElseGet(() -> new Goal.ThroughOwn(slot.get())));
        }
        Optional<ElfSymbol> called = function(target);
        if (called.isEmpty()) {
            Optional<Long> place = NameMatcher.exact(old, replacement, target);
            if (place.isEmpty()) {
                refuse(function, here, String.format(Locale.ROOT, "leads to 0x%x, where no function is known", target));
            }
            return place.map(address -> new Goal.Old(address, "a function without a size"));
        }
        ElfSymbol to = called.get();
        Optional<ElfSymbol> twin = twins.of(to);
        if (replacement.unnamed().isGap(to)) {
            return outside(function, here, target);
        }
        boolean needed = twin.isEmpty() || target != to.value() || comparison.parts().isPart(to);
        if (needed) {
            carry(to);
        }
        return needed || carried.containsKey(to.value())
                ? Optional.empty()
                : twin.map(was -> new Goal.Old(was.value(), was.name()));
    }

    /** Code that belongs to no function is taken over never; where it is what it was, the old build's serves. */
    private Optional<Goal> outside(ElfSymbol function, long here, long target) {
        Optional<Long> place = comparison.samePlace(target);
        if (place.isEmpty()) {
            refuse(function, here,
                    String.format(Locale.ROOT, "leads to 0x%x, to code that belongs to no function", target));
        }
        return place.map(address -> new Goal.Old(address, "code without a name"));
    }

    /**
     * Whether one of the next instructions reads or writes right where an address leads: what lies there is meant, not the end
     * of what lies in front of it, and not something behind it.
     */
    private static boolean isUsedItself(byte[] bytes, int from, int register) {
        Decoder next = new Decoder();
        int at = from;
        for (int i = 0; i < NEAR; i++) {
            int length = next.decode(bytes, at, bytes.length);
            if (length == 0 || next.flow() != Flow.SEQUENTIAL) {
                return false;
            }
            if (next.baseRegister() == register && !next.isLea()) {
                return next.displacement() == 0;
            }
            if (next.mayName(register)) {
                return false;
            }
            at += length;
        }
        return false;
    }

    /** @param open whether it takes the address, and what it does with that is not known */
    private Optional<Goal> data(ElfSymbol function, long here, long target, boolean open, boolean indirect,
            Set<Long> used) {
        var section = replacement.section(target);
        Optional<ElfSymbol> symbol = replacement.containing(target);
        if (section.isEmpty() && symbol.isEmpty()) {
            refuse(function, here, String.format(Locale.ROOT, "uses 0x%x, where nothing is", target));
            return Optional.empty();
        }
        if (section.isPresent() && section.get().isExecutable()) {
            return code(function, here, target);
        }
        if (section.isPresent() && section.get().name().startsWith(".got")) {
            return words.slot(target, indirect, function.name()).map(word -> word);
        }
        if (section.isPresent() && !section.get().isWritable()) {
            constants.add(section.get().name());
            return Optional.empty();
        }
        if (symbol.isEmpty()) {
            Optional<Long> exact = NameMatcher.exact(old, replacement, target);
            Optional<ElfSymbol> below = replacement.below(target).filter(each -> each.value() + each.size() == target);
            if (exact.isPresent() || below.isEmpty()) {
                if (exact.isEmpty()) {
                    refuse(function, here, String.format(Locale.ROOT, "uses data without a name at 0x%x (%s)", target,
                            section.map(each -> each.name()).orElse("")));
                }
                return exact.map(place -> new Goal.Old(place, "a symbol without a size"));
            }
            symbol = below;
        }
        ElfSymbol variable = symbol.get();
        if (open) {
            refuseAmbiguous(function, here, target, variable, used);
            refuseBias(function, here, target, variable);
        }
        used.add(variable.value());
        return words.variable(variable)
                .map(place -> new Goal.Old(place + target - variable.value(), variable.name()));
    }

    private Optional<Goal> code(ElfSymbol function, long here, long target) {
        if (target - function.value() >= 0 && target - function.value() < function.size()) {
            return Optional.empty();
        }
        if (function(target).filter(replacement.unnamed()::isGap).isPresent()) {
            return outside(function, here, target);
        }
        Optional<ElfSymbol> meant = function(target).filter(symbol -> symbol.value() == target);
        if (meant.isEmpty()) {
            Optional<Long> exact = NameMatcher.exact(old, replacement, target);
            if (exact.isEmpty()) {
                refuse(function, here,
                        String.format(Locale.ROOT, "takes the address 0x%x, at which no function begins", target));
            }
            return exact.map(place -> new Goal.Old(place, "a function without a size"));
        }
        // Also of a function that is replaced: who compares addresses is to find the one that there was.
        Optional<ElfSymbol> twin = twins.of(meant.get());
        if (twin.isEmpty()) {
            carry(meant.get());
        }
        return twin.map(was -> new Goal.Old(was.value(), was.name()));
    }

    /**
     * An address between two variables may mean the end of the one or the beginning of the other, and one right before
     * a variable a loop that counts from one. That is the same where both have moved alike.
     */
    private void refuseAmbiguous(ElfSymbol function, long here, long target, ElfSymbol meant, Set<Long> used) {
        Optional<ElfSymbol> before = replacement.below(target)
                .filter(each -> each.value() + each.size() == target && used.contains(each.value())
                        && (!replacement.isUnnamed(each) || replacement.isReferredTo(each.value())));
        Optional<ElfSymbol> behind = replacement.above(target)
                .filter(each -> target > meant.value() && each.value() - target <= BIAS);
        for (Optional<ElfSymbol> other : List.of(before, behind)) {
            if (other.isPresent() && !moved(other.get()).equals(moved(meant)) && !other.get().equals(meant)) {
                refuse(function, here, "takes an address that may belong to " + meant.name() + " or to "
                        + other.get().name()
                        + ", which are not side by side in the old build", Remedy.Action.ADD_SOURCE);
            }
        }
    }

    /** Right before something that is known, what seems new may be where a loop begins that counts from one. */
    private void refuseBias(ElfSymbol function, long here, long target, ElfSymbol meant) {
        boolean close = replacement.above(target).filter(next -> next.value() - target <= BIAS
                && twins.of(next).isPresent() && !replacement.isConstant(target)).isPresent();
        if (close && replacement.isUnnamed(meant) && twins.of(meant).isEmpty()) {
            refuse(function, here, String.format(Locale.ROOT,
                    "takes the address 0x%x, which may belong to new data or to what lies behind it", target),
                    Remedy.Action.ADD_SOURCE);
        }
    }

    private Optional<Long> moved(ElfSymbol symbol) {
        return twins.of(symbol).map(was -> was.value() - symbol.value());
    }

    /** Reasons against it. */
    List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** The functions that are taken over, by their link addresses in the new build. */
    Map<Long, ElfSymbol> carried() {
        return carried;
    }

    /** Of those, the ones that replace a function of the old build, and that one. */
    Map<ElfSymbol, ElfSymbol> replaced() {
        Map<ElfSymbol, ElfSymbol> pairs = new LinkedHashMap<>();
        changed.forEach(start -> {
            ElfSymbol symbol = carried.get(start);
            if (symbol != null && !comparison.parts().isPart(symbol)) {
                twins.of(symbol).ifPresent(twin -> pairs.put(symbol, twin));
            }
        });
        return pairs;
    }

    List<Edit> edits() {
        return edits;
    }

    /** What is known of the frames of the new build; nothing of it is copied yet. */
    FrameExcerpt frames() {
        return frames;
    }

    /** The names of the sections with constants that are used. */
    Set<String> constants() {
        return constants;
    }

    DataFixups words() {
        return words;
    }
}
