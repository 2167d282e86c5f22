package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Executes a line number program of version 2 to 5 ({@code .debug_line}; DWARF 5, 6.2). */
final class LineProgram {
    private static final int PATH = 1;
    private static final int DIRECTORY_INDEX = 2;

    private final Unit unit;
    private final ByteCursor cursor;
    private final int version;
    private final long minimumLength;
    private final int lineBase;
    private final int lineRange;
    private final int opcodeBase;
    private final int[] operandCounts;
    private final Work work;
    private final ReadLimits limits;
    private long nameBytes;
    private final List<String> directories = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private final UnitHeader shape;

    private final List<Sequence> sequences = new ArrayList<>();
    private long[] addresses = new long[256];
    private int[] rowFiles = new int[256];
    private int[] rowLines = new int[256];
    private int count;
    private int sequenceStart;

    private long address;
    private long file;
    private long line;

    /** A range of rows. */
    private record Sequence(long start, int from, int to) {}

    LineProgram(Unit unit, long offset, Work work) {
        this.unit = unit;
        this.work = work;
        this.limits = unit.sections().limits();
        ByteCursor section = unit.sections().cursor(".debug_line").position(offset);
        long length = section.u32();
        int offsetSize = 4;
        if (length == 0xffff_ffffL) {
            length = section.u64();
            offsetSize = 8;
        }
        cursor = section.sub(length);
        version = cursor.u16();
        if (version < 2 || version > 5) {
            throw cursor.malformed("a line table of version 2 to 5", Integer.toString(version));
        }
        int addressSize = 8;
        if (version >= 5) {
            addressSize = cursor.u8();
            cursor.skip(1);
        }
        shape = new UnitHeader(offset, 0, 0, version, offsetSize, addressSize, 0, false, 0, 0);
        long headerLength = cursor.unsigned(offsetSize);
        long program = cursor.position() + headerLength;
        minimumLength = cursor.u8();
        if (version >= 4) {
            // Operations per instruction: more than one only on VLIW machines.
            cursor.skip(1);
        }
        cursor.skip(1);
        lineBase = cursor.i8();
        lineRange = cursor.u8();
        if (lineRange == 0) {
            throw cursor.malformed("a line range", "0");
        }
        opcodeBase = cursor.u8();
        operandCounts = new int[Math.max(opcodeBase, 1)];
        for (int i = 1; i < opcodeBase; i++) {
            operandCounts[i] = cursor.u8();
        }
        if (version >= 5) {
            readNewTables();
        } else {
            readOldTables();
        }
        cursor.position(program);
    }

    private void readOldTables() {
        addDirectory(unit.directory());
        for (String name = cursor.string(); !name.isEmpty(); name = cursor.string()) {
            addDirectory(joined(unit.directory(), name));
        }
        for (String name = cursor.string(); !name.isEmpty(); name = cursor.string()) {
            addFile(name, cursor.uleb128());
            cursor.uleb128();
            cursor.uleb128();
        }
    }

    private void readNewTables() {
        readEntries((path, directory) -> addDirectory(
                directories.isEmpty() ? path : joined(directories.getFirst(), path)));
        readEntries(this::addFile);
    }

    @FunctionalInterface
    private interface EntrySink {
        void accept(String path, long directory);
    }

    private void readEntries(EntrySink sink) {
        int formatCount = cursor.u8();
        int[] contents = new int[formatCount];
        int[] forms = new int[formatCount];
        for (int i = 0; i < formatCount; i++) {
            contents[i] = (int) cursor.uleb128();
            forms[i] = (int) cursor.uleb128();
        }
        long entries = cursor.uleb128();
        if (entries < 0 || (formatCount == 0 && entries != 0) || entries > cursor.remaining()) {
            throw cursor.malformed("a table within " + cursor.remaining() + " bytes", entries + " entries");
        }
        for (long i = 0; i < entries; i++) {
            String path = "";
            long directory = 0;
            for (int j = 0; j < formatCount; j++) {
                long value = Forms.read(cursor, forms[j], shape);
                if (contents[j] == PATH) {
                    path = Forms.string(unit, cursor, forms[j], value).orElse("");
                } else if (contents[j] == DIRECTORY_INDEX) {
                    directory = value;
                }
            }
            work.spend(formatCount);
            sink.accept(path, directory);
        }
    }

    private void addFile(String name, long directory) {
        boolean known = directory >= 0 && directory < directories.size();
        files.add(kept(known ? joined(directories.get((int) directory), name) : name));
    }

    private void addDirectory(String name) {
        directories.add(kept(name));
    }

    /**
     * Limits the memory for names: they may all be the end of one long string, and each includes the name of its
     * directory.
     */
    private String kept(String name) {
        work.spend(Work.KEPT);
        nameBytes += name.length();
        ReadLimits.check(cursor.source(), cursor.valueOffset(), nameBytes, limits.nameBytes(),
                "characters of file names");
        return name;
    }

    private static String joined(String directory, String name) {
        return name.startsWith("/") || directory.isEmpty() ? name : directory + "/" + name;
    }

    /** The files of the header, without rows. */
    LineTable filesOnly() {
        return new LineTable(new long[0], new int[0], new int[0], files.toArray(new String[0]), version >= 5 ? 0 : 1);
    }

    LineTable run() {
        reset();
        while (cursor.hasRemaining()) {
            work.spend(1);
            int opcode = cursor.u8();
            if (opcode >= opcodeBase) {
                int adjusted = opcode - opcodeBase;
                address += adjusted / lineRange * minimumLength;
                line += lineBase + adjusted % lineRange;
                emit((int) file);
            } else if (opcode == 0) {
                extended();
            } else {
                standard(opcode);
            }
        }
        return table();
    }

    private void reset() {
        address = 0;
        file = 1;
        line = 1;
        sequenceStart = count;
    }

    private void extended() {
        long length = cursor.uleb128();
        if (length <= 0) {
            return;
        }
        ByteCursor operation = cursor.sub(length);
        switch (operation.u8()) {
            case 1 -> {
                emit(LineTable.END);
                // A sequence at zero belongs to code that the linker discarded.
                if (addresses[sequenceStart] != 0) {
                    sequences.add(new Sequence(addresses[sequenceStart], sequenceStart, count));
                }
                reset();
            }
            case 2 -> address = operation.unsigned((int) operation.remaining());
            case 3 -> addFile(operation.string(), operation.uleb128());
            default -> {
                // Discriminators and vendor extensions change neither address nor line.
            }
        }
    }

    private void standard(int opcode) {
        switch (opcode) {
            case 1 -> emit((int) file);
            case 2 -> address += cursor.uleb128() * minimumLength;
            case 3 -> line += cursor.sleb128();
            case 4 -> file = cursor.uleb128();
            case 5, 12 -> cursor.uleb128();
            case 6, 7, 10, 11 -> {
                // Statements, basic blocks and prologues are not needed.
            }
            case 8 -> address += (255 - opcodeBase) / lineRange * minimumLength;
            case 9 -> address += cursor.u16();
            default -> {
                for (int i = 0; i < operandCounts[opcode]; i++) {
                    cursor.uleb128();
                }
            }
        }
    }

    private void emit(int rowFile) {
        if (count > sequenceStart && Long.compareUnsigned(address, addresses[count - 1]) < 0) {
            throw new MalformedElfException(cursor.source(), cursor.valueOffset(),
                    "an address not before 0x" + Long.toHexString(addresses[count - 1]),
                    "0x" + Long.toHexString(address));
        }
        // Of several rows at one address, the last one counts.
        if (count > sequenceStart && addresses[count - 1] == address) {
            count--;
        }
        if (count == addresses.length) {
            ReadLimits.check(cursor.source(), cursor.valueOffset(), count, limits.entries(), "rows of lines");
            addresses = Arrays.copyOf(addresses, count * 2);
            rowFiles = Arrays.copyOf(rowFiles, count * 2);
            rowLines = Arrays.copyOf(rowLines, count * 2);
        }
        addresses[count] = address;
        rowFiles[count] = rowFile;
        rowLines[count++] = (int) line;
    }

    private LineTable table() {
        sequences.sort(Comparator.comparing(Sequence::start, Long::compareUnsigned));
        int rows = sequences.stream().mapToInt(sequence -> sequence.to() - sequence.from()).sum();
        long[] sortedAddresses = new long[rows];
        int[] sortedFiles = new int[rows];
        int[] sortedLines = new int[rows];
        int at = 0;
        for (Sequence sequence : sequences) {
            int length = sequence.to() - sequence.from();
            System.arraycopy(addresses, sequence.from(), sortedAddresses, at, length);
            System.arraycopy(rowFiles, sequence.from(), sortedFiles, at, length);
            System.arraycopy(rowLines, sequence.from(), sortedLines, at, length);
            at += length;
        }
        return new LineTable(sortedAddresses, sortedFiles, sortedLines, files.toArray(new String[0]),
                version >= 5 ? 0 : 1);
    }
}
