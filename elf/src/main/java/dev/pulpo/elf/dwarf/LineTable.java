package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The rows of a line program, sorted by address (DWARF 5, 6.2), and its files. Immutable. */
final class LineTable {
    static final LineTable EMPTY = new LineTable(new long[0], new int[0], new int[0], new String[0], 1);
    /** In place of a file: here a sequence ends. */
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

    /** The path of a file by its number; empty where there is none with it. */
    Optional<String> file(long number) {
        long index = number - firstFile;
        return index < 0 || index >= names.length ? Optional.empty() : Optional.of(names[(int) index]);
    }

    /** The code that the table has lines for. */
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

    /** The code of a line in the files that are wanted. */
    List<AddressRange> code(Predicate<String> wanted, int line) {
        boolean[] files = new boolean[names.length];
        for (int i = 0; i < names.length; i++) {
            files[i] = wanted.test(names[i]);
        }
        List<AddressRange> found = new ArrayList<>();
        for (int i = 0; i + 1 < addresses.length; i++) {
            int file = this.files[i] - firstFile;
            // The row behind the last of a sequence is another sequence's first, and its end is no row of code.
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

    /** Where the row ends that an address belongs to; the address itself where it belongs to none. */
    long endOfRow(long address) {
        int row = rowOf(address);
        return row < 0 || files[row] == END || row + 1 == addresses.length ? address : addresses[row + 1];
    }

    /** The last row that begins at or before an address; -1 where there is none. */
    private int rowOf(long address) {
        int low = 0;
        int high = addresses.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(addresses[middle], address) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
