package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;

/**
 * A function of a target.
 *
 * @param name    as the user gave it
 * @param address its link address
 * @param size    in bytes; 0 where unknown
 */
record TargetFunction(String name, LinkAddress address, long size) {}
