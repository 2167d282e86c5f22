package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The memory of a new object, page by page. The unused bytes of a page are zero, or traps on a page of code. */
final class LoadPages {
    static final int PAGE = 4096;
    static final int READ = 4;
    static final int WRITE = 2;
    static final int EXECUTE = 1;
    private static final byte TRAP = (byte) 0xcc;

    /** Adjacent pages with the same permissions. */
    record Run(long address, int flags, long fileOffset, int size) {}

    private static final class Page {
        private final byte[] bytes = new byte[PAGE];
        private final boolean[] used = new boolean[PAGE];
        private int flags = READ;
    }

    private final TreeMap<Long, Page> pages = new TreeMap<>(Long::compareUnsigned);

    void put(LinkAddress address, byte[] bytes, int flags) {
        for (int i = 0; i < bytes.length;) {
            long at = address.value() + i;
            Page page = pages.computeIfAbsent(at & -PAGE, start -> new Page());
            page.flags |= flags;
            if ((page.flags & (WRITE | EXECUTE)) == (WRITE | EXECUTE)) {
                throw new IllegalArgumentException(
                        "code and variables share the page 0x" + Long.toHexString(at & -PAGE));
            }
            int offset = (int) (at & PAGE - 1);
            int count = Math.min(PAGE - offset, bytes.length - i);
            System.arraycopy(bytes, i, page.bytes, offset, count);
            Arrays.fill(page.used, offset, offset + count, true);
            i += count;
        }
    }

    /** The runs in the order of their addresses, which is also their order in the file. */
    List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        long offset = 0;
        for (Map.Entry<Long, Page> each : pages.entrySet()) {
            Run last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.address + last.size == each.getKey() && last.flags == each.getValue().flags) {
                runs.set(runs.size() - 1, new Run(last.address, last.flags, last.fileOffset, last.size + PAGE));
            } else {
                runs.add(new Run(each.getKey(), each.getValue().flags, offset, PAGE));
            }
            offset += PAGE;
        }
        return runs;
    }

    /** The address of the first page after all others. */
    long end() {
        return pages.isEmpty() ? 0 : pages.lastKey() + PAGE;
    }

    ByteBuilder toBytes() {
        ByteBuilder all = new ByteBuilder();
        for (Page page : pages.values()) {
            byte[] bytes = page.bytes.clone();
            if ((page.flags & EXECUTE) != 0) {
                for (int i = 0; i < PAGE; i++) {
                    bytes[i] = page.used[i] ? bytes[i] : TRAP;
                }
            }
            all.bytes(bytes);
        }
        return all;
    }
}
