package dev.pulpo.engine.container;

import dev.pulpo.elf.LinkAddress;

/**
 * A function and what replaces it.
 *
 * @param function    name in the target
 * @param replacement name in the container
 * @param address     of the function in the target, as it was when the container was packed; 0 where unknown
 */
public record FunctionPair(String function, String replacement, LinkAddress address) {}
