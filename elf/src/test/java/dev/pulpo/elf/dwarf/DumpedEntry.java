package dev.pulpo.elf.dwarf;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An entry as {@code llvm-dwarfdump --debug-info} prints it.
 *
 * @param unit       which unit it is of, from 0
 * @param offset     in the section
 * @param depth      how many entries are around it
 * @param tag        its name
 * @param attributes their values, without the parentheses
 */
record DumpedEntry(int unit, long offset, int depth, String tag, Map<String, String> attributes) {
    private static final int INDENTATION = 2;

    interface Sink {
        void accept(DumpedEntry entry);
    }

    /** Reads all of them, in their order. */
    static void read(BufferedReader lines, Sink sink) throws IOException {
        int unit = -1;
        DumpedEntry entry = null;
        StringBuilder value = new StringBuilder();
        String name = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            boolean begins = line.startsWith("0x");
            int attribute = begins ? -1 : line.indexOf("DW_AT_");
            boolean names = attribute > 0 && line.substring(0, attribute).isBlank();
            if (entry != null && (begins || names) && !name.isEmpty()) {
                entry.put(name, value.toString());
                name = "";
            }
            if (begins) {
                if (entry != null) {
                    sink.accept(entry);
                    entry = null;
                }
                int tag = line.indexOf("DW_TAG_");
                if (tag > 0) {
                    int colon = line.indexOf(": ");
                    entry = new DumpedEntry(unit, Long.decode(line.substring(0, colon)),
                            (tag - colon - INDENTATION) / INDENTATION, line.substring(tag).strip(), new HashMap<>());
                } else if (line.contains(" Unit: length = ")) {
                    unit++;
                }
            } else if (names) {
                int tab = line.indexOf('\t', attribute);
                name = line.substring(attribute, tab);
                value.setLength(0);
                value.append(line, tab + 1, line.length());
            } else if (!name.isEmpty()) {
                value.append('\n').append(line);
            }
        }
        if (entry != null) {
            entry.put(name, value.toString());
            sink.accept(entry);
        }
    }

    private void put(String name, String printed) {
        String value = printed.strip();
        attributes.put(name, value.startsWith("(") && value.endsWith(")")
                ? value.substring(1, value.length() - 1)
                : value);
    }

    Optional<String> value(String attribute) {
        return Optional.ofNullable(attributes.get(attribute));
    }

    /** A text, without its quotation marks. */
    Optional<String> text(String attribute) {
        return value(attribute).map(value -> value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value);
    }

    /** A number, or the offset of the entry that the attribute refers to; empty where it is neither. */
    Optional<Long> number(String attribute) {
        return value(attribute).map(value -> value.replaceFirst(" .*", "")).filter(value -> value
                .matches("0x[0-9a-f]{1,16}|-?[0-9]{1,19}")).map(DumpedEntry::parse);
    }

    private static long parse(String value) {
        return value.startsWith("0x") ? Long.parseUnsignedLong(value.substring(2), 16) : Long.parseLong(value);
    }
}
