package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;

/** Strings by their offset (gABI, "String Table"). Thread-safe. */
final class StringTable {
    private static final long MOST_PASSED = 1L << 28;

    private final ByteTable bytes;

    StringTable(ByteTable bytes) {
        this.bytes = bytes;
    }

    String string(long offset) {
        if (Long.compareUnsigned(offset, bytes.size()) >= 0) {
            if (offset == 0) {
                // gABI: the string table may be empty, and index 0 is then the empty name.
                return "";
            }
            throw outside(offset);
        }
        return bytes.cursor().position(offset).string();
    }

    /** Whether the string at an offset consists of these bytes; allocates nothing. */
    boolean matches(long offset, byte[] name) {
        long size = bytes.size();
        if (Long.compareUnsigned(offset, size) >= 0) {
            throw outside(offset);
        }
        if (name.length >= size - offset || bytes.u8(offset + name.length) != 0) {
            return false;
        }
        return MemorySegment.mismatch(bytes.bytes(), offset, offset + name.length, MemorySegment.ofArray(name), 0,
                name.length) < 0;
    }

    private MalformedElfException outside(long offset) {
        return bytes.malformed(offset, "a string within a table of " + bytes.size() + " bytes",
                "offset " + Long.toUnsignedString(offset));
    }

    /** A reader of names that are kept; limits their total size to what an honest file needs. */
    Keeper keeper(ReadLimits limits) {
        return new Keeper(this, limits.nameBytes());
    }

    /** A reader of names that are not kept; limits the work to what an honest file needs. */
    Keeper passer() {
        return new Keeper(this, MOST_PASSED + 16 * bytes.size());
    }

    /** A reader that hashes names; limits the work to what an honest file needs. */
    Hasher hasher() {
        return new Hasher(this);
    }

    /** Limits the characters that are read: strings may overlap in the table, so a small file can name gigabytes. */
    static final class Keeper {
        private final StringTable table;
        private final long most;
        private long characters;

        private Keeper(StringTable table, long most) {
            this.table = table;
            this.most = most;
        }

        String string(long offset) {
            String string = table.string(offset);
            characters += string.length();
            ReadLimits.check(table.bytes.source(), table.bytes.base() + offset, characters, most,
                    "characters of names, where " + (most >> 20) + " MiB are the most");
            return string;
        }
    }

    /** Limits the characters that are hashed: a million names may all be the end of one long string. */
    static final class Hasher {
        private final ByteTable bytes;
        private final long most;
        private long characters;

        private Hasher(StringTable table) {
            this.bytes = table.bytes;
            this.most = MOST_PASSED + 16 * bytes.size();
        }

        /** The GNU hash of the string at an offset; allocates nothing. */
        int gnuHash(long offset) {
            int hash = GnuHash.SEED;
            for (long at = offset;; at++) {
                int next = bytes.u8(at);
                if (next == 0) {
                    characters += at - offset;
                    ReadLimits.check(bytes.source(), bytes.base() + offset, characters, most, "bytes of names");
                    return hash;
                }
                hash = hash * 33 + next;
            }
        }
    }
}
