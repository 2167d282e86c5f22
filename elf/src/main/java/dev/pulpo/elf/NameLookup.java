package dev.pulpo.elf;

import java.util.function.IntPredicate;

/** A way from a name to the indexes of the symbols that have it. Safe for several threads. */
sealed interface NameLookup permits GnuHash, SysvHash, NameIndex {
    /**
     * Shows the symbols of a name to a visitor, until it has had enough.
     *
     * @param name    in UTF-8
     * @param visitor takes the index of a symbol and returns whether to stop
     */
    void visit(byte[] name, IntPredicate visitor);
}
