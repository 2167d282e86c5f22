package dev.pulpo.engine.container;

import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolType;

/**
 * A symbol of an object, as far as a description needs it.
 *
 * @param name   without version
 * @param offset its link address, or for a thread-local one its offset in the TLS segment
 * @param size   in bytes; 0 where unknown
 * @param info   {@code st_info}: binding in the upper half, type in the lower (gABI, "Symbol Table")
 * @param other  {@code st_other}: the visibility
 */
public record ObjectSymbol(String name, long offset, long size, int info, int other) {
    /** What a symbol may stand for. */
    public enum Kind {
        FUNCTION("function"), VARIABLE("variable"), THREAD_LOCAL("thread-local variable"),
        /** What has an address of its own: not so a function that is yet to be chosen when the program runs. */
        ADDRESS("variable or function");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** An import has neither place nor size; a thread-local variable may well be at 0, and has a size. */
    boolean isDefined() {
        return offset != 0 || size != 0;
    }

    boolean isLocal() {
        return SymbolBinding.ofInfo(info) == SymbolBinding.LOCAL;
    }

    boolean is(Kind kind) {
        SymbolType type = SymbolType.ofInfo(info);
        return switch (kind) {
            case FUNCTION -> type.isFunction();
            case VARIABLE -> type == SymbolType.OBJECT || type == SymbolType.COMMON || type == SymbolType.NOTYPE;
            case THREAD_LOCAL -> type == SymbolType.TLS;
            case ADDRESS -> type == SymbolType.FUNC || is(Kind.VARIABLE);
        };
    }
}
