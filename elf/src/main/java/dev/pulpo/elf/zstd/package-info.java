/**
 * Decompression of Zstandard, RFC 8878. In reading order: {@link dev.pulpo.elf.zstd.Zstd} goes over frames and blocks;
 * {@code Literals} and {@code Sequences} read the two parts of a block, with {@code HuffmanTable} and {@code FseTable};
 * {@code ForwardBits} and {@code BackwardBits} read bits, {@code Output} takes the result.
 *
 * <p>Written here because the libraries in pure Java read memory with {@code sun.misc.Unsafe}, which JDK 24 warns of and
 * later ones refuse, in the JVM of whoever uses this one.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf.zstd;
