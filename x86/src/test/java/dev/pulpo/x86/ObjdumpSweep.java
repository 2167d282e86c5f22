package dev.pulpo.x86;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares the decoder with {@code objdump -d} over the executable sections of ELF files, one instruction after the
 * other: where it ends, where control goes, and what a RIP-relative operand names.
 */
final class ObjdumpSweep {
    private static final Pattern SECTION = Pattern.compile(
            "^ *\\d+ (.*?) +([0-9a-f]+) +([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\\S+ +(.*)$");
    private static final Pattern ROW = Pattern.compile(" *\\d+ ");
    private static final int REPORTED = 40;

    /** The instructions compared so far. */
    long instructions;
    /** The bytes compared so far. */
    long bytes;
    /** What differed and why that is in order. */
    final Map<KnownDifference, Long> known = new EnumMap<>(KnownDifference.class);
    /** The differences that nothing explains. */
    long unexplained;
    /** The files that objdump does not read. */
    long refused;
    /** The first of the differences that nothing explains. */
    final List<String> reports = new ArrayList<>();

    private final Decoder decoder = new Decoder();
    private final int shift;

    ObjdumpSweep() {
        this(0);
    }

    /** For the test of the test: the decoder reads that many bytes further on. */
    ObjdumpSweep(int shift) {
        this.shift = shift;
    }

    private record Section(String name, long address, int offset, int size) {}

    /** Compares all of a file, or as much as comes before the given number of instructions. */
    void compare(Path file, long limit) throws IOException, InterruptedException {
        if (!isElf64(file)) {
            return;
        }
        byte[] image = Files.readAllBytes(file);
        long end = instructions + limit;
        for (Section section : sections(file, image.length)) {
            if (instructions < end) {
                compare(file, image, section, end);
            }
        }
    }

    /** Whether it is an x86-64 ELF file: e_machine is at 18, and 62 (gABI, "ELF Header"). */
    static boolean isElf64(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(20);
            return header.length == 20 && header[0] == 0x7f && header[1] == 'E' && header[4] == 2 && header[18] == 62;
        } catch (IOException e) {
            return false;
        }
    }

    private List<Section> sections(Path file, int bytesOfFile) throws IOException, InterruptedException {
        List<Section> sections = new ArrayList<>();
        String headers;
        try {
            headers = Command.run("objdump", "-h", "-w", file.toString());
        } catch (IOException e) {
            refused++; // The machine has files that only begin like ELF, such as what fuzzers left behind.
            return sections;
        }
        for (String line : headers.lines().toList()) {
            Matcher m = SECTION.matcher(line);
            if (!m.matches() && ROW.matcher(line).lookingAt()) {
                throw new IOException("objdump prints a section that is not understood: " + line);
            }
            if (m.matches() && m.group(5).contains("CODE") && m.group(5).contains("CONTENTS")) {
                long size = Long.parseUnsignedLong(m.group(2), 16);
                long offset = Long.parseUnsignedLong(m.group(4), 16);
                if (offset < 0 || size < 0 || offset > bytesOfFile || size > bytesOfFile - offset) {
                    refused++; // Of the same kind: what it calls a section is not in the file.
                } else {
                    sections.add(new Section(m.group(1), Long.parseUnsignedLong(m.group(3), 16), (int) offset,
                            (int) size));
                }
            }
        }
        return sections;
    }

    private void compare(Path file, byte[] image, Section section, long end) throws IOException {
        Process process = new ProcessBuilder("objdump", "-d", "-w", "-z", "-Mintel64", "--no-show-raw-insn", "-j",
                section.name, file.toString()).redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.ISO_8859_1)) {
            Window window = new Window(image, section, file);
            String text;
            while (instructions < end && (text = reader.readLine()) != null) {
                ObjdumpLine line = ObjdumpLine.parse(text);
                if (line != null) {
                    window.add(line);
                }
            }
            window.finish(section.address + section.size);
        } finally {
            process.destroy();
        }
    }

    /** Lines wait here until the next one says where they end. */
    private final class Window {
        private final byte[] image;
        private final Section section;
        private final Path file;
        private final List<ObjdumpLine> prefixes = new ArrayList<>();
        private @Nullable ObjdumpLine waiting;

        Window(byte[] image, Section section, Path file) {
            this.image = image;
            this.section = section;
            this.file = file;
        }

        void add(ObjdumpLine line) {
            ObjdumpLine previous = waiting;
            waiting = line;
            if (previous == null || line.address() < previous.address()) {
                return;
            }
            check(previous, line.address());
        }

        void finish(long sectionEnd) {
            ObjdumpLine last = waiting;
            if (last != null && last.address() < sectionEnd && sectionEnd - last.address() <= Decoder.MAX_LENGTH) {
                check(last, sectionEnd);
            }
        }

        private void check(ObjdumpLine line, long next) {
            int at = section.offset + (int) (line.address() - section.address);
            if (next - line.address() <= 16 && line.isDumpOf(image, at, at + (int) (next - line.address()))) {
                return;
            }
            instructions++;
            bytes += next - line.address();
            if (line.isPrefixOnly()) {
                // Compared together with the line that goes on with the instruction.
                prefixes.add(line);
                return;
            }
            long begin = prefixes.isEmpty() ? line.address() : prefixes.getFirst().address();
            ObjdumpLine whole = new ObjdumpLine(begin,
                    prefixes.stream().map(p -> p.text() + " ").collect(Collectors.joining()) + line.text());
            prefixes.clear();
            int from = section.offset + (int) (begin - section.address) + shift;
            decoder.decode(image, from, section.offset + section.size);
            String difference = difference(whole, begin, next);
            if (difference != null) {
                report(whole, from, (int) (next - begin), difference);
            }
        }

        private @Nullable String difference(ObjdumpLine line, long begin, long next) {
            if (line.isBad() || decoder.status() != Decoder.Status.VALID) {
                return line.isBad() && decoder.status() == Decoder.Status.INVALID
                        ? null
                        : "validity: " + decoder.status();
            }
            if (begin + decoder.length() != next) {
                return "length: " + decoder.length();
            }
            if (line.flow() != decoder.flow()) {
                return "flow: " + decoder.flow() + " instead of " + line.flow();
            }
            Long target = decoder.flow().isDirect() ? line.target() : null;
            if (decoder.flow().isDirect() && (target == null || target != next + decoder.branchDisplacement())) {
                return "target: " + Long.toHexString(next + decoder.branchDisplacement());
            }
            if (line.isRipRelative() != decoder.isRipRelative()) {
                return "RIP-relative: " + decoder.isRipRelative();
            }
            Long named = line.ripTarget();
            if (named != null && named != next + decoder.displacement()) {
                return "operand: " + Long.toHexString(next + decoder.displacement());
            }
            return null;
        }

        private void report(ObjdumpLine line, int from, int length, String difference) {
            byte[] code = Arrays.copyOfRange(image, from, Math.min(image.length, from + 16));
            KnownDifference reason = KnownDifference.of(line, length, decoder);
            if (reason != null) {
                known.merge(reason, 1L, Long::sum);
                return;
            }
            unexplained++;
            if (reports.size() < REPORTED) {
                reports.add(file + " " + section.name + " " + CodeBytes.at(new CodeAddress(line.address()), code) + "  "
                        + line.text() + " (" + length + ")  " + difference);
            }
        }
    }

    @Override
    public String toString() {
        return instructions + " instructions in " + bytes + " bytes compared, differences explained: " + known
                + ", not explained: " + unexplained + (refused == 0 ? "" : ", files that objdump refuses: " + refused);
    }
}
