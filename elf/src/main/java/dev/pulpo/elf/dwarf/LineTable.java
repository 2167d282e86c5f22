package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SortedAddresses;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The rows of a line program, sorted by address (DWARF 5, 6.2), and its files. Immutable. */
final class LineTable {
    static final LineTable EMPTY = new LineTable(new long[0], new int[0], new int[0], new String[0], 1);
    /** Marks the end of a sequence, in place of a file. */
    static final int END = -1;

    private final long[] addresses;
    private final int[] files;
    private final int[] lines;
    private final String[] names;
    private final int firstFile;

    /** @param firstFile the number of the first file: 1 before DWARF 5, then 0 */
    LineTable(long[] addresses, int[] files, int[] lines, String[] names, int firstFile) {
        this.addresses = addresses;
        this.files = files;
        this.lines = lines;
        this.names = names;
        this.firstFile = firstFile;
    }

    /** The path of a file by its number; empty if there is none. */
    Optional<String> file(long number) {
        long index = number - firstFile;
        return index < 0 || index >= names.length ? Optional.empty() : Optional.of(names[(int) index]);
    }

    /** The code for which the table has lines. */
    List<AddressRange> ranges() {
        List<AddressRange> ranges = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < addresses.length; i++) {
            if (files[i] == END) {
                ranges.add(new AddressRange(new LinkAddress(addresses[start]), new LinkAddress(addresses[i])));
                start = i + 1;
            }
        }
        return ranges;
    }

    /** The code of a line in the wanted files. */
    List<AddressRange> code(Predicate<String> wanted, int line) {
        boolean[] files = new boolean[names.length];
        for (int i = 0; i < names.length; i++) {
            files[i] = wanted.test(names[i]);
        }
        List<AddressRange> found = new ArrayList<>();
        for (int i = 0; i + 1 < addresses.length; i++) {
            int file = this.files[i] - firstFile;
            // The row after the last of a sequence belongs to another sequence, and an end is not a row of code.
            if (lines[i] == line && this.files[i] != END && file >= 0 && file < files.length && files[file]) {
                int end = i + 1;
                while (lines[end] == line && this.files[end] == this.files[i] && end + 1 < addresses.length) {
                    end++;
                }
                found.add(new AddressRange(new LinkAddress(addresses[i]), new LinkAddress(addresses[end])));
                i = end - 1;
            }
        }
        return found;
    }

    Optional<SourceLine> find(long address) {
        int row = rowOf(address);
        if (row < 0 || files[row] == END) {
            return Optional.empty();
        }
        int line = lines[row];
        return file(files[row]).map(name -> new SourceLine(name, line));
    }

    /** The end of the row that contains an address; the address itself if no row does. */
    long endOfRow(long address) {
        int row = rowOf(address);
        return row < 0 || files[row] == END || row + 1 == addresses.length ? address : addresses[row + 1];
    }

    /** The last row that begins at or before an address; -1 if there is none. */
    private int rowOf(long address) {
        return SortedAddresses.floor(addresses, address);
    }
}
