package dev.pulpo.elf;

import java.util.function.IntPredicate;

/** Finds the indexes of the symbols with a name. Thread-safe. */
sealed interface NameLookup permits GnuHash, SysvHash, NameIndex {
    /**
     * Passes the symbols of a name to a visitor until it returns true.
     *
     * @param name    in UTF-8
     * @param visitor takes the index of a symbol and returns whether to stop
     */
    void visit(byte[] name, IntPredicate visitor);
}
