package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;

/**
 * A function of a target.
 *
 * @param name    as the user named it
 * @param address its link address
 * @param size    in bytes; 0 where nothing says
 */
record TargetFunction(String name, LinkAddress address, long size) {}
