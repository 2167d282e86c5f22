package dev.pulpo.elf.dwarf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What {@link DebugInfo} is to say of functions and types, worked out from entries that another tool has printed. */
final class CodeAndTypes {
    private static final Pattern RANGE = Pattern.compile("\\[0x([0-9a-f]+), 0x([0-9a-f]+)\\)");
    private static final Set<String> STRUCTURES = Set.of("DW_TAG_structure_type", "DW_TAG_union_type",
            "DW_TAG_class_type");

    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, Long> origins = new HashMap<>();
    private final Map<Long, String> bodies = new TreeMap<>();
    private final Map<Long, Integer> copies = new HashMap<>();
    private final List<StringBuilder> structures = new ArrayList<>();
    /** By depth: the structure that an entry there is, if it is one. */
    private final Map<Integer, StringBuilder> open = new HashMap<>();

    /** Entries have to come in their order. */
    void add(DumpedEntry entry) {
        open.remove(entry.depth());
        if (entry.tag().equals("DW_TAG_subprogram")) {
            function(entry);
        } else if (entry.tag().equals("DW_TAG_inlined_subroutine") && !ranges(entry).isEmpty()) {
            entry.number("DW_AT_abstract_origin").ifPresent(origin -> copies.merge(origin, 1, Integer::sum));
        } else if (STRUCTURES.contains(entry.tag())) {
            structure(entry);
        } else if (entry.tag().equals("DW_TAG_member") && entry.value("DW_AT_external").isEmpty()) {
            StringBuilder around = open.get(entry.depth() - 1);
            if (around != null) {
                long bits = entry.number("DW_AT_data_bit_offset")
                        .orElseGet(() -> entry.number("DW_AT_data_member_location").orElse(0L) * Byte.SIZE);
                around.append(' ').append(entry.text("DW_AT_name").orElse("-")).append('@').append(bits)
                        .append(entry.number("DW_AT_bit_size").map(size -> ":" + size).orElse(""));
            }
        }
    }

    private void function(DumpedEntry entry) {
        entry.text("DW_AT_name").ifPresent(name -> names.put(entry.offset(), name));
        entry.number("DW_AT_abstract_origin").or(() -> entry.number("DW_AT_specification"))
                .ifPresent(origin -> origins.put(entry.offset(), origin));
        String ranges = ranges(entry);
        if (!ranges.isEmpty()) {
            bodies.put(entry.offset(), ranges);
        }
    }

    private void structure(DumpedEntry entry) {
        if (entry.text("DW_AT_name").isPresent() && entry.number("DW_AT_byte_size").isPresent()) {
            StringBuilder structure = new StringBuilder(entry.text("DW_AT_name").get()).append(' ')
                    .append(entry.number("DW_AT_byte_size").get());
            structures.add(structure);
            open.put(entry.depth(), structure);
        }
    }

    /** The code of an entry; what is at zero, the linker threw away. */
    private static String ranges(DumpedEntry entry) {
        StringBuilder text = new StringBuilder();
        Matcher matcher = RANGE.matcher(entry.value("DW_AT_ranges").orElse(""));
        while (matcher.find()) {
            append(text, Long.parseUnsignedLong(matcher.group(1), 16), Long.parseUnsignedLong(matcher.group(2), 16));
        }
        if (text.isEmpty()) {
            append(text, entry.number("DW_AT_low_pc").orElse(0L), entry.number("DW_AT_high_pc").orElse(0L));
        }
        return text.toString();
    }

    private static void append(StringBuilder text, long start, long end) {
        if (start != 0 && Long.compareUnsigned(start, end) < 0) {
            text.append(String.format(" %x..%x", start, end));
        }
    }

    private String name(long offset) {
        long at = offset;
        for (int i = 0; i < 8 && !names.containsKey(at) && origins.containsKey(at); i++) {
            at = origins.get(at);
        }
        return names.getOrDefault(at, "");
    }

    /** All pieces of code that are functions. */
    List<String> bodies() {
        return bodies.entrySet().stream().map(body -> name(body.getKey()) + body.getValue()).sorted().toList();
    }

    static List<String> bodies(DebugInfo info) {
        return info.functions().flatMap(function -> function.bodies().stream().map(body -> function.name() + body
                .ranges().stream().map(range -> String.format(" %x..%x", range.start().value(), range.end().value()))
                .collect(Collectors.joining()))).sorted().toList();
    }

    /** How many inlined copies there are of the functions of each name. */
    Map<String, Integer> copies() {
        Map<String, Integer> all = new TreeMap<>();
        copies.forEach((origin, count) -> all.merge(name(origin), count, Integer::sum));
        return all;
    }

    static Map<String, Integer> copies(DebugInfo info) {
        Map<String, Integer> all = new TreeMap<>();
        info.functions().filter(function -> !function.inlinedCopies().isEmpty())
                .forEach(function -> all.merge(function.name(), function.inlinedCopies().size(), Integer::sum));
        return all;
    }

    /** All different layouts of structures and unions that have names. */
    Set<String> layouts() {
        return structures.stream().map(StringBuilder::toString).collect(Collectors.toCollection(TreeSet::new));
    }

    static Set<String> layouts(DebugInfo info) {
        return info.types().stream().map(QualifiedType::type).filter(StructLayout.class::isInstance)
                .map(StructLayout.class::cast)
                .map(layout -> layout.name() + " " + layout.size() + layout.members().stream()
                        .map(member -> " " + (member.name().isEmpty() ? "-" : member.name()) + "@" + member.bitOffset()
                                + (member.bitField() ? ":" + member.bitSize() : ""))
                        .collect(Collectors.joining()))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
