package dev.pulpo.engine.check;

import dev.pulpo.elf.LinkAddress;

/**
 * A function of the target and what replaces it.
 *
 * @param function    its name in the target
 * @param address     of it in the target
 * @param replacement the name in the patch
 * @param replacementAddress       the address in the patch
 */
public record ReplacedFunction(String function, LinkAddress address, String replacement,
        LinkAddress replacementAddress) {}
