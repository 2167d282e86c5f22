package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SymbolType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which variable of one build is which of the other: by its name, or by the instructions of matched functions that use it at
 * the same place, and where those say nothing by what lies on both sides of it.
 */
final class VariableMatcher {
    /** The weight of functions that are alike apart from what they refer to. */
    static final int CERTAIN = 100;
    private static final int IN_LINE = 50;

    private final CodeNames old;
    private final CodeNames replacement;
    private final NameMatcher names;
    private final Map<Long, Map<Long, Vote>> votes = new HashMap<>();
    private final TreeMap<Long, Long> places = new TreeMap<>(Long::compareUnsigned);
    private final TreeMap<Long, Long> taken = new TreeMap<>(Long::compareUnsigned);
    private final Map<Long, String> doubts = new HashMap<>();

    /**
     * What is for two places being the same.
     *
     * @param witness the function of the new build that said so first
     */
    private record Vote(long was, long is, int weight, long witness) {
        Vote with(Vote other) {
            return new Vote(was, is, Math.min(Integer.MAX_VALUE / 2, weight + other.weight),
                    other.weight > weight ? other.witness : witness);
        }
    }

    VariableMatcher(CodeNames old, CodeNames replacement, NameMatcher names) {
        this.old = old;
        this.replacement = replacement;
        this.names = names;
    }

    void vote(long was, long is, int weight, long witness) {
        boolean named = replacement.containing(is).filter(symbol -> !replacement.isUnnamed(symbol)
                && names.of(symbol).isPresent()).isPresent();
        if (!named) {
            votes.computeIfAbsent(is, added -> new HashMap<>()).merge(was, new Vote(was, is, weight, witness),
                    Vote::with);
        }
    }

    /** Makes up its mind; what is said afterwards does not count. */
    void decide() {
        replacement.variables().forEach(variable -> names.of(variable)
                .ifPresent(twin -> accept(twin.value(), variable.value())));
        Map<Long, Long> rivals = new HashMap<>();
        votes.values().forEach(each -> each.keySet().forEach(was -> rivals.merge(was, 1L, Long::sum)));
        List<Vote> open = new ArrayList<>();
        votes.values().forEach(each -> each.values().forEach(vote -> {
            if (each.size() == 1 && rivals.getOrDefault(vote.was, 0L) == 1 && vote.weight >= CERTAIN) {
                accept(vote.was, vote.is);
            } else {
                open.add(vote);
            }
        }));
        Map<Vote, Integer> scores = new HashMap<>();
        open.forEach(vote -> scores.put(vote, vote.weight + (isInLine(vote.was, vote.is) ? IN_LINE : 0)));
        open.sort(Comparator.comparing((Vote vote) -> scores.getOrDefault(vote, 0)).reversed()
                .thenComparingLong(Vote::is));
        for (Vote vote : open) {
            if (places.containsKey(vote.is) || taken.containsKey(vote.was)) {
                continue;
            }
            Optional<Vote> rival = open.stream().filter(other -> !other.equals(vote)
                    && (other.is == vote.is || other.was == vote.was)
                    && !places.containsKey(other.is) && !taken.containsKey(other.was)
                    && scores.getOrDefault(other, 0).equals(scores.getOrDefault(vote, 0))).findFirst();
            if (rival.isPresent()) {
                doubts.put(vote.is, contradiction(vote, rival.get()));
                doubts.put(rival.get().is, contradiction(rival.get(), vote));
            } else if (!doubts.containsKey(vote.is)) {
                accept(vote.was, vote.is);
            }
        }
        replacement.variables().stream().filter(variable -> !places.containsKey(variable.value()))
                .forEach(this::fromNeighbours);
    }

    private String contradiction(Vote one, Vote other) {
        return String.format(Locale.ROOT, "the data at 0x%x was at 0x%x by what %s does, and at 0x%x by what %s does",
                one.is, one.was, name(one.witness), other.is == one.is ? other.was : other.is, name(other.witness));
    }

    private String name(long function) {
        return replacement.shapeAt(function).map(shape -> shape.function().name()).orElse("data");
    }

    private void accept(long was, long is) {
        if (!places.containsKey(is) && taken.putIfAbsent(was, is) == null) {
            places.put(is, was);
        }
    }

    /** Whether it has moved by as much as what lies next to it. */
    private boolean isInLine(long was, long is) {
        Map.Entry<Long, Long> below = places.lowerEntry(is);
        Map.Entry<Long, Long> above = places.higherEntry(is);
        return below != null && below.getKey() - below.getValue() == is - was
                || above != null && above.getKey() - above.getValue() == is - was;
    }

    /** Where nothing came or went around it, it is where it was. */
    private void fromNeighbours(ElfSymbol variable) {
        long is = variable.value();
        Optional<Section> section = replacement.section(is);
        if (section.isEmpty() || doubts.containsKey(is) || !replacement.isUnnamed(variable)) {
            return;
        }
        Optional<Section> was = old.code().elf().section(section.get().name());
        if (was.isEmpty()) {
            return;
        }
        long start = section.get().address().value();
        long end = start + section.get().size();
        Map.Entry<Long, Long> below = places.lowerEntry(is);
        Map.Entry<Long, Long> above = places.higherEntry(is);
        long low = below != null && below.getKey() - start >= 0 ? below.getKey() : start;
        long high = above != null && above.getKey() - end < 0 ? above.getKey() : end;
        long oldLow = low == start && (below == null || below.getKey() != start)
                ? was.get().address().value()
                : Objects.requireNonNull(below).getValue();
        long oldHigh = high == end
                ? was.get().address().value() + was.get().size()
                : Objects.requireNonNull(above).getValue();
        if (low - oldLow == high - oldHigh) {
            place(is, is - (low - oldLow));
        } else {
            List<Long> left = new ArrayList<>(old.placesBetween(oldLow, oldHigh));
            left.removeAll(taken.keySet());
            if (!left.isEmpty() || oldHigh - oldLow < 0 || high - low < oldHigh - oldLow) {
                doubts.put(is,
                        String.format(Locale.ROOT, "the data at 0x%x has no counterpart that is certain: it lies "
                                + "between what was at 0x%x and at 0x%x of the old build, where other things are", is,
                                oldLow,
                                oldHigh));
            }
        }
    }

    private void place(long is, long was) {
        places.put(is, was);
        taken.putIfAbsent(was, is);
    }

    /** Where in the old build a place of data is. */
    Optional<Long> place(long is) {
        Optional<ElfSymbol> symbol = replacement.containing(is);
        if (symbol.isPresent()) {
            Long was = places.get(symbol.get().value());
            return was == null ? Optional.empty() : Optional.of(was + is - symbol.get().value());
        }
        return Optional.ofNullable(places.get(is));
    }

    /** What a variable was in the old build. */
    Optional<ElfSymbol> of(ElfSymbol variable) {
        Optional<ElfSymbol> named = names.of(variable);
        if (named.isPresent()) {
            return named;
        }
        return Optional.ofNullable(places.get(variable.value())).map(was -> old.containing(was)
                .filter(symbol -> symbol.value() == was)
                .orElseGet(() -> CodeNames.symbol("data_" + Long.toHexString(was), was, old.extent(was),
                        SymbolType.OBJECT)));
    }

    /** Why it is not clear what a variable was; empty where it is, or is new. */
    Optional<String> doubt(ElfSymbol variable) {
        if (places.containsKey(variable.value())) {
            return Optional.empty();
        }
        return names.isUnclear(variable)
                ? Optional.of("the old build has several variables of the name " + variable.name()
                        + ", and it is not clear which of them this one was")
                : Optional.ofNullable(doubts.get(variable.value()));
    }
}
