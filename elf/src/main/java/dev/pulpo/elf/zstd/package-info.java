/**
 * Decompression of Zstandard, RFC 8878. In reading order: {@link dev.pulpo.elf.zstd.Zstd} goes over frames and blocks;
 * {@code Literals} and {@code Sequences} read the two parts of a block, with {@code HuffmanTable} and {@code FseTable};
 * {@code ForwardBits} and {@code BackwardBits} read bits, {@code Output} takes the result.
 *
 * <p>Written here because the pure Java libraries use {@code sun.misc.Unsafe}: JDK 24 prints a warning and later ones
 * refuse it, in the JVM of our users.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf.zstd;
