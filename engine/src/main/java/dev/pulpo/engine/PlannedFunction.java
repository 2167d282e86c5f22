package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.ffm.RemoteAddress;
import java.util.HexFormat;

/**
 * One function of a plan.
 *
 * @param function        its name in the target
 * @param entry           its address in the process
 * @param size            in bytes, 0 where unknown
 * @param replacement     the name of the function that replaces it
 * @param replacementLink that function's address in the patch
 * @param site            where bytes will change
 * @param expected        the bytes that must be found there, in hexadecimal
 * @param original        the bytes that were there before any patch, in hexadecimal
 * @param endbr64         whether the function begins with one
 * @param prepared        whether it was built to be replaced; if not, its first instructions are overwritten
 */
public record PlannedFunction(String function, RemoteAddress entry, long size, String replacement,
        LinkAddress replacementLink, RemoteAddress site, String expected, String original, boolean endbr64,
        boolean prepared) {
    byte[] expectedBytes() {
        return HexFormat.of().parseHex(expected);
    }

    byte[] originalBytes() {
        return HexFormat.of().parseHex(original);
    }

    @Override
    public String toString() {
        return function + " at " + entry + " -> " + replacement
                + (expected.equals(original) ? "" : " (patched already)");
    }
}
