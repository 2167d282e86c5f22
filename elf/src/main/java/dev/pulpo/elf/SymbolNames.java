package dev.pulpo.elf;

/**
 * The entries of a symbol table as they are stored, 24 bytes each (gABI, "Symbol Table").
 *
 * <pre>
 *   0  u32  name      4  u8 info   5  u8 other   6  u16 section
 *   8  u64  value    16  u64 size
 * </pre>
 */
record SymbolNames(ByteTable entries, StringTable strings) {
    static final int ENTRY_SIZE = 24;

    int count() {
        return (int) (entries.size() / ENTRY_SIZE);
    }

    long nameOffset(int index) {
        return entries.u32((long) index * ENTRY_SIZE);
    }

    int info(int index) {
        return entries.u8((long) index * ENTRY_SIZE + 4);
    }

    int other(int index) {
        return entries.u8((long) index * ENTRY_SIZE + 5);
    }

    int section(int index) {
        return entries.u16((long) index * ENTRY_SIZE + 6);
    }

    long value(int index) {
        return entries.i64((long) index * ENTRY_SIZE + 8);
    }

    long size(int index) {
        return entries.i64((long) index * ENTRY_SIZE + 16);
    }

    String name(int index) {
        return strings.string(nameOffset(index));
    }

    boolean matches(int index, byte[] name) {
        return strings.matches(nameOffset(index), name);
    }
}
