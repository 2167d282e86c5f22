package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SectionType;
import dev.pulpo.elf.SymbolType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/**
 * Which function of one build is which of the other. Names that both have come first; then code that is unique, what matched
 * functions and data refer to at the same place, the order in which things lie, and at last likeness. A wrong pair does no
 * harm to what is said of others: functions are the same only where all that they refer to is.
 */
final class BuildMatcher implements Sameness.Twins {
    /** Code below this many instructions is not known by itself. */
    private static final int TELLING = 5;
    /** How alike functions are that lie between the same neighbours. */
    private static final double NEIGHBOURS = 0.3;
    /** How alike functions are of which nothing else is known. */
    private static final double ALIKE = 0.6;
    private static final double MARGIN = 0.1;

    /** What code is known by, apart from its instructions. */
    private enum Telling {
        /** Nothing else. */
        CODE,
        /** The functions and texts that it uses. */
        NAMES,
        /** Also what the data holds whose address it takes: many functions do no more than return that of a table. */
        DATA
    }

    private final CodeNames old;
    private final CodeNames replacement;
    private final NameMatcher names;
    /** The functions of the new build, and what they were in the old. */
    private final TreeMap<Long, Long> functions = new TreeMap<>(Long::compareUnsigned);
    private final TreeMap<Long, Long> successors = new TreeMap<>(Long::compareUnsigned);
    private final Deque<Long> waiting = new ArrayDeque<>();
    private final Set<List<Long>> visited = new HashSet<>();
    private final Map<Long, Map<Long, Integer>> votes = new HashMap<>();
    private final VariableMatcher variables;

    BuildMatcher(CodeNames old, CodeNames replacement) {
        this.old = old;
        this.replacement = replacement;
        names = new NameMatcher(old, replacement);
        variables = new VariableMatcher(old, replacement, names);
        replacement.shapes().values().forEach(shape -> names.of(shape.function())
                .filter(twin -> old.shapes().containsKey(twin.value()))
                .ifPresent(twin -> pair(twin.value(), shape.start())));
        roots();
        boolean more = true;
        while (more) {
            more = unique(Telling.NAMES);
            more |= unique(Telling.DATA);
            more |= propagate();
            more = more || unique(Telling.CODE) || neighbours() || alike() || equals() || elect(0);
        }
        variables.decide();
    }

    private boolean pair(long was, long is) {
        if (functions.containsKey(is) || successors.containsKey(was)) {
            return false;
        }
        functions.put(is, was);
        successors.put(was, is);
        waiting.add(is);
        return true;
    }

    private List<FunctionShape> free(CodeNames build, Map<Long, Long> taken) {
        return build.shapes().values().stream().filter(shape -> !taken.containsKey(shape.start())).toList();
    }

    /** What the loader calls, and variables of the same name. */
    private void roots() {
        for (SectionType type : List.of(SectionType.INIT_ARRAY, SectionType.FINI_ARRAY)) {
            List<Section> before = old.code().elf().sections(type);
            List<Section> after = replacement.code().elf().sections(type);
            for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
                if (before.get(i).size() == after.get(i).size()) {
                    words(before.get(i).address().value(), after.get(i).address().value(), after.get(i).size(),
                            VariableMatcher.CERTAIN, 0);
                }
            }
        }
        replacement.variables().forEach(variable -> names.of(variable).ifPresent(twin -> words(twin.value(),
                variable.value(), Math.min(twin.size(), variable.size()), VariableMatcher.CERTAIN, variable.value())));
    }

    /** Code that is there once in both. */
    private boolean unique(Telling telling) {
        Map<Long, FunctionShape> before = onlyOnes(old, free(old, successors), telling,
                target -> successors.containsKey(target) ? target : 0L);
        Map<Long, FunctionShape> after = onlyOnes(replacement, free(replacement, functions), telling,
                target -> functions.getOrDefault(target, 0L));
        boolean found = false;
        for (Map.Entry<Long, FunctionShape> entry : after.entrySet()) {
            FunctionShape was = before.get(entry.getKey());
            FunctionShape is = entry.getValue();
            if (was != null && (is.count() >= TELLING || is.references().isEmpty() || telling == Telling.DATA)
                    && was.isLike(is)) {
                found |= pair(was.start(), is.start());
            }
        }
        return found;
    }

    private static Map<Long, FunctionShape> onlyOnes(CodeNames build, List<FunctionShape> shapes, Telling telling,
            LongUnaryOperator function) {
        UsedNames names = new UsedNames(build, function);
        Map<Long, FunctionShape> ones = new HashMap<>();
        Set<Long> several = new HashSet<>();
        for (FunctionShape shape : shapes) {
            long label = switch (telling) {
                case CODE -> 0;
                case NAMES -> names.of(shape);
                case DATA -> names.ofData(shape);
            };
            // Of data of which nothing is told, no code is known.
            if (telling == Telling.DATA && label == UsedNames.NOTHING) {
                continue;
            }
            long key = shape.hash() * 31 + label;
            if (ones.putIfAbsent(key, shape) != null) {
                several.add(key);
            }
        }
        ones.keySet().removeAll(several);
        return ones;
    }

    private boolean propagate() {
        boolean found = false;
        boolean more = true;
        while (more) {
            while (!waiting.isEmpty()) {
                long is = waiting.remove();
                references(old.shape(functions.getOrDefault(is, 0L)), replacement.shape(is));
            }
            more = elect(NEIGHBOURS);
            found |= more;
        }
        return found;
    }

    private void references(FunctionShape was, FunctionShape is) {
        if (was.isLike(is)) {
            for (int i = 0; i < is.references().size(); i++) {
                reference(was, was.references().get(i), is, is.references().get(i), VariableMatcher.CERTAIN);
            }
            return;
        }
        Map<Integer, List<FunctionShape.Reference>> before = new HashMap<>();
        was.references()
                .forEach(each -> before.computeIfAbsent(each.instruction(), added -> new ArrayList<>()).add(each));
        int[] pairs = Alignment.of(is.words(), was.words());
        for (FunctionShape.Reference its : is.references()) {
            before.getOrDefault(pairs[its.instruction()], List.of()).stream()
                    .filter(each -> each.kind() == its.kind() && each.size() == its.size()).findFirst()
                    .ifPresent(each -> reference(was, each, is, its, 1));
        }
    }

    private void reference(FunctionShape was, FunctionShape.Reference one, FunctionShape is,
            FunctionShape.Reference other, int weight) {
        if (one.kind() == other.kind() && !was.contains(one.target()) && !is.contains(other.target())) {
            // Start-up code takes the ends of sections, where other things begin.
            boolean end = other.kind() == FunctionShape.Kind.ADDRESS && replacement.unnamed().isGap(is.function());
            places(one.target(), other.target(), end ? 1 : weight, is.start());
        }
    }

    /** Two places at which matched code or data points. */
    private void places(long was, long is, int weight, long witness) {
        if (old.isLinkerTable(was) && replacement.isLinkerTable(is)) {
            slots(was, is, weight, witness);
            return;
        }
        Optional<FunctionShape> before = old.shapeAt(was);
        Optional<FunctionShape> after = replacement.shapeAt(is);
        if (before.isPresent() && after.isPresent()) {
            if (before.get().numberAt(was) == after.get().numberAt(is) || weight == VariableMatcher.CERTAIN) {
                vote(before.get().start(), after.get().start(), weight);
            }
        } else if (before.isEmpty() && after.isEmpty() && isData(old, was) && isData(replacement, is)) {
            boolean variable = isWritable(old, was) && isWritable(replacement, is);
            if (variable) {
                variables.vote(was, is, weight, witness);
            }
            if (variable && visited.add(List.of(was, is))) {
                words(was, is, Math.min(old.extent(was), replacement.extent(is)), weight, witness);
            }
        }
    }

    private static boolean isData(CodeNames names, long address) {
        return names.section(address).filter(section -> !section.isExecutable()).isPresent();
    }

    private static boolean isWritable(CodeNames names, long address) {
        return names.section(address).filter(Section::isWritable).isPresent();
    }

    private void slots(long was, long is, int weight, long witness) {
        Optional<Relocation> before = old.relocation(was);
        Optional<Relocation> after = replacement.relocation(is);
        if (before.isPresent() && after.isPresent()) {
            Optional<Long> from = old.pointer(before.get());
            Optional<Long> to = replacement.pointer(after.get());
            if (from.isPresent() && to.isPresent()) {
                places(from.get(), to.get(), weight, witness);
            }
        }
    }

    /** The words of data that the loader fills. */
    private void words(long was, long is, long size, int weight, long witness) {
        for (Relocation relocation : replacement.relocated(is, is + size)) {
            long place = relocation.offset().value();
            if (old.relocation(was + place - is).isEmpty()) {
                return;
            }
            slots(was + place - is, place, weight, witness);
        }
    }

    private void vote(long was, long is, int weight) {
        if (!functions.containsKey(is) && !successors.containsKey(was)) {
            votes.computeIfAbsent(is, added -> new HashMap<>()).merge(was, weight, Integer::sum);
        }
    }

    /**
     * Takes the pairs that nothing contradicts.
     *
     * @param least how alike functions must be where only such that have changed refer to them
     */
    private boolean elect(double least) {
        Map<Long, Map<Long, Long>> scores = new HashMap<>();
        Map<Long, Long> best = new HashMap<>();
        votes.forEach((is, candidates) -> {
            if (!functions.containsKey(is)) {
                candidates.forEach((was, weight) -> {
                    if (!successors.containsKey(was)) {
                        long score = score(was, is, weight, least);
                        scores.computeIfAbsent(is, added -> new HashMap<>()).put(was, score);
                        best.merge(was, score, Math::max);
                    }
                });
            }
        });
        votes.keySet().retainAll(scores.keySet());
        boolean found = false;
        for (Map.Entry<Long, Map<Long, Long>> entry : scores.entrySet()) {
            long top = entry.getValue().values().stream().mapToLong(each -> each).max().orElse(0);
            List<Long> tops = entry.getValue().entrySet().stream().filter(each -> each.getValue() == top)
                    .map(Map.Entry::getKey).toList();
            boolean only = tops.size() == 1 && best.getOrDefault(tops.getFirst(), 0L) == top
                    && scores.values().stream().filter(each -> each.getOrDefault(tops.getFirst(), 0L) == top)
                            .count() == 1;
            if (only && top > 0) {
                found |= pair(tops.getFirst(), entry.getKey());
            }
        }
        return found;
    }

    private long score(long was, long is, int weight, double least) {
        FunctionShape before = old.shape(was);
        FunctionShape after = replacement.shape(is);
        if (before.isLike(after)) {
            return 1_000_000_000L + weight;
        }
        double likeness = before.likeness(after);
        return weight >= VariableMatcher.CERTAIN || likeness >= least
                ? (long) (100 * weight * (1 + 10 * likeness))
                : 0;
    }

    /** Functions between the same neighbours. */
    private boolean neighbours() {
        boolean found = false;
        List<FunctionShape> run = new ArrayList<>();
        for (FunctionShape shape : replacement.shapes().values()) {
            if (!functions.containsKey(shape.start())) {
                run.add(shape);
            } else if (!run.isEmpty()) {
                found |= between(List.copyOf(run));
                run.clear();
            }
        }
        boolean last = !run.isEmpty() && between(run);
        return found || last;
    }

    private boolean between(List<FunctionShape> run) {
        Map.Entry<Long, Long> before = functions.lowerEntry(run.getFirst().start());
        Map.Entry<Long, Long> behind = functions.higherEntry(run.getLast().start());
        long from = before == null ? Long.MIN_VALUE : before.getValue();
        long to = behind == null ? Long.MAX_VALUE : behind.getValue();
        if (from >= to) {
            return false;
        }
        List<FunctionShape> others = old.shapes().values().stream()
                .filter(shape -> shape.start() > from && shape.start() < to).toList();
        if (others.isEmpty() || others.stream().anyMatch(shape -> successors.containsKey(shape.start()))) {
            return false;
        }
        boolean found = false;
        int[] pairs = Alignment.of(hashes(run), hashes(others));
        for (int i = 0; i < pairs.length; i++) {
            found |= pairs[i] >= 0 && fits(others.get(pairs[i]), run.get(i))
                    && pair(others.get(pairs[i]).start(), run.get(i).start());
        }
        if (!found && run.size() == others.size()) {
            for (int i = 0; i < run.size(); i++) {
                found |= others.get(i).likeness(run.get(i)) >= NEIGHBOURS && fits(others.get(i), run.get(i))
                        && pair(others.get(i).start(), run.get(i).start());
            }
        }
        return found;
    }

    /** Whether both or neither have a name of their own, and both or neither are functions. */
    private boolean fits(FunctionShape was, FunctionShape is) {
        return old.isUnnamed(was.function()) == replacement.isUnnamed(is.function())
                && old.unnamed().isGap(was.function()) == replacement.unnamed().isGap(is.function())
                && (old.isUnnamed(was.function())
                        || was.function().binding() == dev.pulpo.elf.SymbolBinding.LOCAL
                                && is.function().binding() == dev.pulpo.elf.SymbolBinding.LOCAL
                                && was.isLike(is));
    }

    private static long[] hashes(List<FunctionShape> shapes) {
        return shapes.stream().mapToLong(FunctionShape::hash).toArray();
    }

    /** What is most alike, where nothing else is nearly as much. */
    private boolean alike() {
        List<FunctionShape> before = free(old, successors);
        List<FunctionShape> after = free(replacement, functions);
        if ((long) before.size() * after.size() > 1_000_000) {
            return false;
        }
        boolean found = false;
        for (FunctionShape is : after) {
            Optional<FunctionShape> was = closest(is, before);
            if (was.isPresent() && closest(was.get(), after).filter(is::equals).isPresent()) {
                found |= pair(was.get().start(), is.start());
            }
        }
        return found;
    }

    private Optional<FunctionShape> closest(FunctionShape shape, List<FunctionShape> others) {
        double best = ALIKE;
        double second = 0;
        Optional<FunctionShape> found = Optional.empty();
        for (FunctionShape other : others) {
            boolean possible = other.count() >= TELLING && other.count() < 3 * shape.count()
                    && shape.count() < 3 * other.count() && fits(other, shape);
            double likeness = possible ? shape.likeness(other) : 0;
            if (likeness > best) {
                second = best;
                best = likeness;
                found = Optional.of(other);
            } else {
                second = Math.max(second, likeness);
            }
        }
        double margin = best - second;
        return found.filter(each -> margin >= MARGIN);
    }

    /** Equal code, as many times in one build as in the other: by its order. */
    private boolean equals() {
        Map<Long, List<FunctionShape>> before = new HashMap<>();
        free(old, successors).forEach(
                shape -> before.computeIfAbsent(shape.hash(), added -> new ArrayList<>()).add(shape));
        Map<Long, List<FunctionShape>> after = new HashMap<>();
        free(replacement, functions).forEach(
                shape -> after.computeIfAbsent(shape.hash(), added -> new ArrayList<>()).add(shape));
        boolean found = false;
        for (Map.Entry<Long, List<FunctionShape>> group : after.entrySet()) {
            List<FunctionShape> was = before.getOrDefault(group.getKey(), List.of());
            for (int i = 0; was.size() == group.getValue().size() && i < was.size(); i++) {
                found |= was.get(i).isLike(group.getValue().get(i)) && fits(was.get(i), group.getValue().get(i))
                        && pair(was.get(i).start(), group.getValue().get(i).start());
            }
        }
        return found;
    }

    @Override
    public boolean areSame(long was, long is) {
        return variables.place(is).filter(place -> place == was).isPresent();
    }

    @Override
    public boolean areSameFunctions(ElfSymbol was, ElfSymbol is) {
        Long twin = functions.get(is.value());
        return twin != null && (twin == was.value()
                || areTwins(old.shape(twin), old.shape(was.value())));
    }

    /** Whether two functions of one build do the same with the same: it makes no difference which of them is called. */
    private static boolean areTwins(FunctionShape one, FunctionShape other) {
        return one.isLike(other) && one.references().equals(other.references());
    }

    /** What a symbol of the new build was in the old one. */
    Optional<ElfSymbol> of(ElfSymbol symbol) {
        if (symbol.type().isFunction()) {
            return Optional.ofNullable(functions.get(symbol.value())).map(was -> old.shape(was).function());
        }
        return variables.of(symbol);
    }

    /** What became of a function of the old build. */
    Optional<FunctionShape> successor(long was) {
        return Optional.ofNullable(successors.get(was)).map(is -> replacement.shape(is));
    }

    /** The functions of the new build that were in the old one, and what they were. */
    NavigableMap<Long, Long> functions() {
        return functions;
    }

    /** Why it is not clear what something was in the old build; empty where it is, or is new. */
    Optional<String> doubt(ElfSymbol symbol) {
        if (symbol.type() == SymbolType.OBJECT) {
            return variables.doubt(symbol);
        }
        return names.isUnclear(symbol) && !functions.containsKey(symbol.value())
                ? Optional.of("the old build has several functions of the name " + symbol.name()
                        + ", and it is not clear which of them this one was")
                : Optional.empty();
    }
}
