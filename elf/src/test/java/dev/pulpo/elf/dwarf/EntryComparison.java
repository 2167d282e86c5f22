package dev.pulpo.elf.dwarf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Goes over the units of a file next to another tool's list of entries, and notes where they differ. */
final class EntryComparison {
    private static final int KEPT = 20;
    private static final Map<String, Integer> TEXTS = Map.of("DW_AT_name", Dw.NAME, "DW_AT_linkage_name",
            Dw.LINKAGE_NAME, "DW_AT_producer", Dw.PRODUCER, "DW_AT_comp_dir", Dw.COMP_DIR);
    private static final Map<String, Integer> NUMBERS = Map.of("DW_AT_byte_size", Dw.BYTE_SIZE, "DW_AT_bit_size",
            Dw.BIT_SIZE, "DW_AT_data_bit_offset", Dw.DATA_BIT_OFFSET, "DW_AT_data_member_location",
            Dw.DATA_MEMBER_LOCATION, "DW_AT_upper_bound", Dw.UPPER_BOUND, "DW_AT_const_value", Dw.CONST_VALUE,
            "DW_AT_decl_line", Dw.DECL_LINE, "DW_AT_call_line", Dw.CALL_LINE, "DW_AT_stmt_list", Dw.STMT_LIST,
            "DW_AT_count", Dw.COUNT);
    private static final Map<String, Integer> REFERENCES = Map.of("DW_AT_type", Dw.TYPE, "DW_AT_abstract_origin",
            Dw.ABSTRACT_ORIGIN, "DW_AT_specification", Dw.SPECIFICATION, "DW_AT_call_origin", Dw.CALL_ORIGIN);
    private static final Map<String, Integer> ADDRESSES = Map.of("DW_AT_low_pc", Dw.LOW_PC, "DW_AT_high_pc",
            Dw.HIGH_PC, "DW_AT_call_return_pc", Dw.CALL_RETURN_PC, "DW_AT_call_pc", Dw.CALL_PC);
    private static final Map<String, Integer> FLAGS = Map.of("DW_AT_external", Dw.EXTERNAL, "DW_AT_declaration",
            Dw.DECLARATION, "DW_AT_call_tail_call", Dw.CALL_TAIL_CALL);
    private static final Map<String, Integer> FILES = Map.of("DW_AT_decl_file", Dw.DECL_FILE, "DW_AT_call_file",
            Dw.CALL_FILE);
    private static final Map<String, Integer> TAGS = Map.of("DW_TAG_subprogram", Dw.TAG_SUBPROGRAM,
            "DW_TAG_formal_parameter", Dw.TAG_PARAMETER, "DW_TAG_inlined_subroutine", Dw.TAG_INLINED,
            "DW_TAG_structure_type", Dw.TAG_STRUCTURE, "DW_TAG_member", Dw.TAG_MEMBER, "DW_TAG_pointer_type",
            Dw.TAG_POINTER, "DW_TAG_variable", Dw.TAG_VARIABLE, "DW_TAG_call_site", Dw.TAG_CALL_SITE);

    private static final Map<String, Integer> EXPRESSIONS = Map.of("DW_AT_location", Dw.LOCATION, "DW_AT_frame_base",
            Dw.FRAME_BASE, "DW_AT_call_value", Dw.CALL_VALUE, "DW_AT_call_target", Dw.CALL_TARGET);

    private final List<Unit> units;
    private final Map<String, Integer> tags = new HashMap<>(TAGS);
    private final List<String> differences = new ArrayList<>();
    private EntryReader reader;
    private int unit;
    private boolean ended;
    private long entries;
    private long values;
    private long expressions;

    EntryComparison(List<Unit> units) {
        this.units = units;
        reader = units.getFirst().entries();
    }

    long entries() {
        return entries;
    }

    long values() {
        return values;
    }

    /** How many expressions were compared, those in lists one by one. */
    long expressions() {
        return expressions;
    }

    /** The first of them. */
    List<String> differences() {
        return differences;
    }

    /** Entries have to come in their order, and none may be left out. */
    void add(DumpedEntry theirs) {
        while (unit < theirs.unit() && unit + 1 < units.size()) {
            end();
            reader = units.get(++unit).entries();
        }
        ended = !reader.next();
        if (ended) {
            differ(theirs, "unit", "one more entry", "none");
            return;
        }
        entries++;
        equal(theirs, "offset", theirs.offset(), Space.offsetOf(reader.reference()));
        equal(theirs, "depth", theirs.depth(), reader.depth());
        equal(theirs, "tag", tags.computeIfAbsent(theirs.tag(), unknown -> reader.tag()), reader.tag());
        TEXTS.forEach((name, number) -> equal(theirs, name, theirs.text(name), reader.string(number)));
        NUMBERS.forEach((name, number) -> {
            if (theirs.value(name).filter(value -> value.startsWith("\"")).isPresent()) {
                equal(theirs, name, theirs.text(name), reader.string(number));
            } else if (theirs.value(name).isPresent() && theirs.number(name).isEmpty()) {
                equal(theirs, name + " as a block", true, reader.isBlock(number));
            } else {
                equal(theirs, name, theirs.number(name), boxed(number(number)));
            }
        });
        REFERENCES.forEach((name, number) -> equal(theirs, name, theirs.number(name),
                boxed(reader.reference(number)).map(Space::offsetOf)));
        ADDRESSES.forEach((name, number) -> equal(theirs, name, theirs.number(name), boxed(address(number))));
        FLAGS.forEach((name, number) -> equal(theirs, name, theirs.value(name)
                .filter(value -> !value.equals("0x00")).isPresent(), reader.flag(number)));
        EXPRESSIONS.forEach((name, number) -> {
            List<LocationEntry> ours = Locations.of(reader, number);
            expressions += ours.size();
            equal(theirs, name, theirs.value(name)
                    .map(value -> DumpedExpression.normalised(value, units.get(unit).header().offset())),
                    reader.has(number)
                            ? Optional.of(ours.stream().map(DumpedExpression::of).collect(Collectors.joining("\n")))
                            : Optional.empty());
        });
        FILES.forEach((name, number) -> {
            Optional<String> ours = boxed(reader.constant(number)).flatMap(units.get(unit)::file);
            // LLVM 14 puts a relative directory of compilation twice before the files that are in it.
            String directory = units.get(unit).directory() + "/";
            equal(theirs, name, theirs.text(name).map(path -> directory.startsWith("/") || ours.isEmpty()
                    || !path.equals(directory + ours.get()) ? path : ours.get()), ours);
        });
    }

    /** Nothing may be left when the other list ends. */
    void end() {
        if (!ended && reader.next()) {
            differences.add("unit " + unit + ": nobody else has an entry at " + Long.toHexString(reader.reference()));
        }
        ended = false;
    }

    private OptionalLong number(int attribute) {
        int form = reader.form(attribute);
        boolean refers = form >= 0x10 && form <= 0x15;
        return refers
                ? OptionalLong.of(Space.offsetOf(reader.reference(attribute).orElseThrow()))
                : reader.constant(attribute);
    }

    private OptionalLong address(int attribute) {
        boolean isLength = attribute == Dw.HIGH_PC && reader.has(attribute) && reader.form(attribute) != Dw.FORM_ADDR
                && !Forms.isIndexedAddress(reader.form(attribute));
        return isLength
                ? OptionalLong.of(reader.address(Dw.LOW_PC).orElseThrow() + reader.constant(attribute, 0))
                : reader.address(attribute);
    }

    private static Optional<Long> boxed(OptionalLong value) {
        return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
    }

    private void equal(DumpedEntry entry, String what, Object theirs, Object ours) {
        if (!theirs.equals(Optional.empty()) && !theirs.equals(false)) {
            values++;
        }
        if (!theirs.equals(ours)) {
            differ(entry, what, theirs, ours);
        }
    }

    private void differ(DumpedEntry entry, String what, Object theirs, Object ours) {
        if (differences.size() < KEPT) {
            differences.add("0x" + Long.toHexString(entry.offset()) + " " + entry.tag() + ": " + what + " is " + theirs
                    + ", ours " + ours);
        }
    }
}
