/** ELF64. */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf;
