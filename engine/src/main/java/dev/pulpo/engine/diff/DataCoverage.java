package dev.pulpo.engine.diff;

import dev.pulpo.elf.Section;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Read-only data that no instruction and no pointer refers to by itself, so that nothing is compared with it: what lies in
 * front of the first such place of a section, and behind what an instruction reads.
 */
final class DataCoverage {
    private final Map<Long, Integer> read = new TreeMap<>();
    private final List<String> rest = new ArrayList<>();
    private final List<Long> places = new ArrayList<>();

    private DataCoverage(CodeNames names) {
        names.shapes().values().forEach(shape -> shape.references().forEach(reference -> {
            switch (reference.kind()) {
                case MEMORY -> read.merge(reference.target(), reference.size(), Math::max);
                case ADDRESS -> read.put(reference.target(), Integer.MAX_VALUE);
                case CALL, JUMP, CONDITIONAL -> {
                }
            }
        }));
        names.sections().stream().filter(section -> section.name().contains("rodata") && !section.isWritable())
                .forEach(section -> section(names, section));
    }

    private void section(CodeNames names, Section section) {
        long at = section.address().value();
        long end = at + section.size();
        rest(names, at, names.places().subSet(at, end).stream().findFirst().orElse(end));
        for (long place : names.places().subSet(at, end)) {
            int size = read.getOrDefault(place, Integer.MAX_VALUE);
            long next = place + names.extent(place);
            if (size < next - place) {
                rest(names, place + size, next);
            }
        }
    }

    private void rest(CodeNames names, long from, long to) {
        byte[] bytes = names.bytes(from, to - from);
        int start = 0;
        int end = bytes.length;
        while (start < end && bytes[start] == 0) {
            start++;
        }
        while (end > start && bytes[end - 1] == 0) {
            end--;
        }
        if (start < end) {
            rest.add(HexFormat.of().formatHex(bytes, start, end));
            places.add(from + start);
        }
    }

    /** Such data that only one of the builds has. */
    static List<String> gaps(CodeNames old, CodeNames replacement) {
        DataCoverage before = new DataCoverage(old);
        DataCoverage after = new DataCoverage(replacement);
        List<String> gaps = new ArrayList<>();
        differences(before, after, "the old", gaps);
        differences(after, before, "the new", gaps);
        return gaps;
    }

    private static void differences(DataCoverage one, DataCoverage other, String build, List<String> gaps) {
        List<String> left = new ArrayList<>(other.rest);
        for (int i = 0; i < one.rest.size(); i++) {
            if (!left.remove(one.rest.get(i))) {
                gaps.add(String.format(Locale.ROOT,
                        "%d bytes of read-only data at 0x%x of %s build, which nothing refers"
                                + " to by itself",
                        one.rest.get(i).length() / 2, one.places.get(i), build));
            }
        }
    }
}
