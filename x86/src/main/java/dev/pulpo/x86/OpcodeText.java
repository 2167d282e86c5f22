package dev.pulpo.x86;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads {@code opcodes.txt}, which begins with a description of its lines. */
final class OpcodeText {
    private static final List<String> PREFIXES = List.of("np", "66", "f3", "f2");

    /** By number of map and opcode; for each mandatory prefix one encoding, or one for each kind of ModRM. */
    private final Map<Integer, int[][]> cells = new TreeMap<>();
    private OpcodeMap map = OpcodeMap.ONE;

    OpcodeText() {
        try (InputStream in = OpcodeText.class.getResourceAsStream("opcodes.txt")) {
            if (in == null) {
                throw new IllegalStateException("opcodes.txt is not next to " + OpcodeText.class);
            }
            new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().forEach(this::readLine);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<Integer, int[][]> cells() {
        return cells;
    }

    private void readLine(String line) {
        if (line.startsWith("== ")) {
            map = OpcodeMap.ofSection(line.substring(3));
        } else if (!line.isEmpty() && line.charAt(0) != '#') {
            int first = line.indexOf('|');
            int second = line.indexOf('|', first + 1);
            Tags tags = new Tags(line.substring(first + 1, second).strip(), map);
            for (String range : line.substring(0, first).strip().split(" ", -1)) {
                for (int opcode : range(range, 0)) {
                    tags.apply(cells.computeIfAbsent(map.first() + opcode,
                            key -> new int[][]{{0}, {0}, {0}, {0}}));
                }
            }
        }
    }

    /** Parses {@code c0} or {@code c0-c4}, or {@code /2} or {@code /2-4} from the second character on. */
    private static int[] range(String text, int from) {
        int dash = text.indexOf('-');
        int first = Integer.parseInt(text.substring(from, dash < 0 ? text.length() : dash), 16);
        int last = dash < 0 ? first : Integer.parseInt(text.substring(dash + 1), 16);
        int[] numbers = new int[last - first + 1];
        Arrays.setAll(numbers, i -> first + i);
        return numbers;
    }

    /** The middle column of a line. */
    private static final class Tags {
        private final boolean[] prefixes = new boolean[OpcodeTable.PREFIXES];
        private final boolean[] modRms = new boolean[OpcodeTable.MODRMS];
        private boolean byModRm;
        private int encoding = Encoding.VALID;

        Tags(String column, OpcodeMap map) {
            List<String> tags = column.isEmpty() ? List.of() : Arrays.asList(column.split(" +", -1));
            boolean anyPrefix = tags.stream().noneMatch(PREFIXES::contains);
            for (int i = 0; i < prefixes.length; i++) {
                prefixes[i] = anyPrefix || tags.contains(PREFIXES.get(i));
            }
            boolean memory = !tags.contains("reg");
            boolean register = !tags.contains("mem");
            boolean anyReg = true;
            for (String tag : tags) {
                if (tag.charAt(0) == '/') {
                    anyReg = false;
                    for (int reg : range(tag, 1)) {
                        select(reg, memory, register);
                    }
                } else if (tag.charAt(0) == '=') {
                    byModRm = true;
                    anyReg = false;
                    for (int modRm : range(tag, 1)) {
                        modRms[OpcodeTable.ofModRm(modRm)] = true;
                    }
                } else if (!PREFIXES.contains(tag) && !tag.equals("mem") && !tag.equals("reg")) {
                    encoding |= Encoding.ofTag(tag);
                }
            }
            if (anyReg && memory != register) {
                for (int reg = 0; reg < 8; reg++) {
                    select(reg, memory, register);
                }
            }
            // In the one-byte and 0f maps, ModRM must be named, unless another tag implies it.
            boolean implied = byModRm || !anyPrefix || (map != OpcodeMap.ONE && map != OpcodeMap.X0F);
            if (implied && !tags.contains("nomodrm")) {
                encoding |= Encoding.MODRM;
            }
        }

        private void select(int reg, boolean memory, boolean register) {
            byModRm = true;
            modRms[reg] |= memory;
            for (int rm = 0; rm < 8; rm++) {
                modRms[8 + reg * 8 + rm] |= register;
            }
        }

        void apply(int[][] cell) {
            for (int prefix = 0; prefix < cell.length; prefix++) {
                if (prefixes[prefix] && byModRm) {
                    int[] row = cell[prefix];
                    if (row.length == 1) {
                        cell[prefix] = new int[OpcodeTable.MODRMS];
                        Arrays.fill(cell[prefix], row[0]);
                    }
                    for (int i = 0; i < modRms.length; i++) {
                        cell[prefix][i] = modRms[i] ? encoding : cell[prefix][i];
                    }
                } else if (prefixes[prefix]) {
                    cell[prefix] = new int[]{encoding};
                }
            }
        }
    }
}
