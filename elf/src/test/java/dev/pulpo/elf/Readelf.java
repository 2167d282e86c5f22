package dev.pulpo.elf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code readelf} says of a file, cut into the lines that {@link Description} makes of the same file. */
final class Readelf {
    private static final Pattern SECTION = Pattern.compile("  \\[ *(\\d+)\\] (.*?) +([A-Z_0-9x]+|X86_64_UNWIND) +"
            + "([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) +([A-Za-z]*) +(\\d+) +(\\d+) +(\\d+)");
    private static final Pattern SEGMENT = Pattern.compile("  ([A-Z_0-9a-fx]+) +0x([0-9a-f]+) 0x([0-9a-f]+) "
            + "0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+) ([RWE ]{3}) (?:0x)?([0-9a-f]+)");
    private static final Pattern TABLE = Pattern.compile("(Symbol table|Relocation section) '(.*?)' .*");
    private static final Pattern SYMBOL = Pattern
            .compile(" *(\\d+): ([0-9a-f]{16}) +(\\S+) (\\S+) +(\\S+) +(\\S+) +(\\S+)(?: (.*))?");
    private static final Pattern DYNAMIC = Pattern.compile(" 0x([0-9a-f]{16}) \\((.*?)\\) +(.*)");
    private static final Pattern RELOCATION = Pattern.compile("([0-9a-f]{16})  ([0-9a-f]{16}) (\\S+) *(.*)");
    private static final Pattern RELATIVE = Pattern.compile("[0-9a-f]{16}");
    private static final Pattern NOTE = Pattern.compile("  (\\S+) +0x([0-9a-f]{8})\t.*");
    private static final Pattern VERSION = Pattern.compile("([0-9a-f]+)(h| )\\(([^)]*)\\)");

    /** How rows begin, and nothing else in their tables does. */
    private static final Pattern ROW_OF_SECTIONS = Pattern.compile("  \\[ *\\d+\\]");
    private static final Pattern ROW_OF_SEGMENTS = Pattern.compile("  \\S+ +0x");
    private static final Pattern ROW_OF_DYNAMIC = Pattern.compile(" 0x");
    private static final Pattern ROW_OF_SYMBOLS = Pattern.compile(" *\\d+: ");
    private static final Pattern ROW_OF_RELOCATIONS = Pattern.compile("[0-9a-f]{4}");
    private static final Pattern ROW_OF_NOTES = Pattern.compile("  \\S+ +0x");

    final Map<String, String> header = new HashMap<>();
    final List<String> sections = new ArrayList<>();
    final List<String> segments = new ArrayList<>();
    final List<String> dynamic = new ArrayList<>();
    final Map<String, List<String>> symbols = new HashMap<>();
    final Map<String, List<String>> relocations = new HashMap<>();
    final List<String> versions = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    final List<String> buildIds = new ArrayList<>();
    final List<String> features = new ArrayList<>();

    private Readelf() {}

    static Readelf of(Path file) throws IOException {
        Path errors = Files.createTempFile("readelf", ".err");
        Process process = new ProcessBuilder("readelf", "-W", "-h", "-l", "-S", "-s", "-d", "-r", "-n", "-V",
                file.toString()).redirectError(errors.toFile()).start();
        Readelf result = new Readelf();
        try (BufferedReader lines = process.inputReader()) {
            result.read(lines);
            if (process.waitFor() != 0) {
                throw new IOException(file + ": " + Files.readString(errors));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(interrupted));
        } finally {
            Files.delete(errors);
        }
        return result;
    }

    private void read(BufferedReader lines) throws IOException {
        List<String> symbolTable = new ArrayList<>();
        List<String> relocationTable = new ArrayList<>();
        String part = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher table = TABLE.matcher(line);
            if (table.matches()) {
                part = table.group(1);
                symbolTable = new ArrayList<>();
                relocationTable = new ArrayList<>();
                (part.startsWith("S") ? symbols : relocations).put(table.group(2),
                        part.startsWith("S") ? symbolTable : relocationTable);
            } else if (!line.isEmpty() && line.charAt(0) != ' ' && !Character.isDigit(line.charAt(0))
                    && (line.charAt(0) < 'a' || line.charAt(0) > 'f')) {
                part = line.split(" (at|section '|section contains|found)", 2)[0];
            } else {
                switch (part) {
                    case "ELF Header:" -> header(line);
                    case "Section Headers:" -> section(line);
                    case "Program Headers:" -> segment(line);
                    case "Dynamic section" -> dynamic(line);
                    case "Symbol table" -> symbol(line, symbolTable);
                    case "Relocation section" -> relocation(line, relocationTable);
                    case "Version symbols" -> versions(line);
                    case "Displaying notes" -> note(line);
                    default -> {
                    }
                }
            }
        }
    }

    private void header(String line) {
        int colon = line.indexOf(':');
        if (colon > 0) {
            header.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
    }

    private void section(String line) {
        Matcher m = SECTION.matcher(line);
        if (row(m, ROW_OF_SECTIONS, line)) {
            sections.add(String.join(" ", m.group(1), m.group(2), m.group(3), hex(m.group(4)), hex(m.group(5)),
                    hex(m.group(6)), hex(m.group(7)), m.group(8).replace('o', 'R'), m.group(9), m.group(10),
                    m.group(11)));
        }
    }

    private void segment(String line) {
        Matcher m = SEGMENT.matcher(line);
        if (row(m, ROW_OF_SEGMENTS, line)) {
            segments.add(String.join(" ", m.group(1), hex(m.group(2)), hex(m.group(3)), hex(m.group(4)),
                    hex(m.group(5)), hex(m.group(6)), m.group(7), hex(m.group(8))));
        }
    }

    private void dynamic(String line) {
        Matcher m = DYNAMIC.matcher(line);
        if (!row(m, ROW_OF_DYNAMIC, line) || m.group(2).equals("NULL")) {
            return;
        }
        String value = m.group(3).strip();
        if (value.startsWith("0x")) {
            value = hex(value.substring(2));
        } else if (value.endsWith(" (bytes)") || value.matches("\\d+")) {
            value = Long.toHexString(Long.parseLong(value.replace(" (bytes)", "")));
        } else if (value.endsWith("]")) {
            value = value.substring(value.indexOf('['));
        } else {
            // Words for bits, such as "Flags: NOW".
            value = "*";
        }
        dynamic.add(hex(m.group(1)) + " " + value);
    }

    private static void symbol(String line, List<String> table) {
        // GNU extensions have their names only in files that are marked as GNU, though all linkers use them in others.
        Matcher m = SYMBOL.matcher(line.replace("<OS specific>: 10", "UNIQUE"));
        if (row(m, ROW_OF_SYMBOLS, line)) {
            String name = m.group(8) == null ? "" : m.group(8);
            // An undefined one has the number of its version behind it.
            int number = name.lastIndexOf(" (");
            name = number > 0 && name.contains("@") ? name.substring(0, number) : name;
            long size = Long.decode(m.group(3).startsWith("0x") ? m.group(3) : m.group(3).replaceFirst("^0+(?=.)", ""));
            table.add(String.join(" ", hex(m.group(2)), Long.toString(size), m.group(4), m.group(5), m.group(6),
                    m.group(7), name));
        }
    }

    private static void relocation(String line, List<String> table) {
        Matcher m = RELOCATION.matcher(line);
        if (m.matches()) {
            String rest = m.group(4);
            int plus = rest.lastIndexOf(" + ");
            int minus = rest.lastIndexOf(" - ");
            String addend = plus > 0
                    ? rest.substring(plus + 3)
                    : minus > 0
                            ? Long.toHexString(-Long.parseUnsignedLong(rest.substring(minus + 3), 16))
                            : rest.isEmpty() ? "0" : rest.strip();
            table.add(String.join(" ", hex(m.group(1)), hex(m.group(2)), m.group(3), addend));
        } else if (row(RELATIVE.matcher(line), ROW_OF_RELOCATIONS, line)) {
            table.add(hex(line));
        }
    }

    private void versions(String line) {
        int colon = line.indexOf(':');
        if (colon < 0 || line.startsWith(" Addr")) {
            return;
        }
        Matcher m = VERSION.matcher(line.substring(colon + 1));
        while (m.find()) {
            versions.add(m.group(3).startsWith("*") ? "" : m.group(3));
        }
    }

    private void note(String line) {
        Matcher m = NOTE.matcher(line);
        if (row(m, ROW_OF_NOTES, line)) {
            notes.add(m.group(1) + " " + hex(m.group(2)));
        }
        int id = line.indexOf("Build ID: ");
        if (id >= 0) {
            buildIds.add(line.substring(id + 10).strip());
        }
        int feature = line.indexOf("x86 feature: ");
        if (feature >= 0) {
            features.add(line.substring(feature + 13).strip());
        }
    }

    /** Whether it is a row. One that is not understood is no row less, but a failure. */
    private static boolean row(Matcher pattern, Pattern begins, String line) {
        if (!pattern.matches() && begins.matcher(line).lookingAt()) {
            throw new IllegalStateException("readelf prints a row that is not understood: " + line);
        }
        return pattern.matches();
    }

    private static String hex(String digits) {
        return Long.toHexString(Long.parseUnsignedLong(digits, 16));
    }
}
