package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.ffm.RemoteAddress;

/**
 * One function of a plan.
 *
 * @param function        its name in the target
 * @param entry           its address in the process
 * @param size            in bytes, 0 where unknown
 * @param replacement     name of the function that replaces it
 * @param replacementLink that function's link address in the patch
 * @param site            first byte that will change, in the process
 * @param expected        the bytes that must be there
 * @param original        the bytes before any patch
 * @param endbr64         whether the function begins with one
 * @param prepared        whether it was built to be replaced; if not, its first instructions are overwritten
 */
public record PlannedFunction(String function, RemoteAddress entry, long size, String replacement,
        LinkAddress replacementLink, RemoteAddress site, ByteString expected, ByteString original, boolean endbr64,
        boolean prepared) {
    @Override
    public String toString() {
        return function + " at " + entry + " -> " + replacement
                + (expected.equals(original) ? "" : " (patched already)");
    }
}
