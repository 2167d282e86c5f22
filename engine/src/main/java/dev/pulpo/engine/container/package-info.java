/**
 * Patch files: shared objects with libpulp's metadata.
 *
 * <ul>
 * <li>{@link Packer}: makes one of a description;
 * <li>{@link DescriptionParser}, {@link Description}, {@link DescriptionProblems}, {@link DescriptionException}: the
 * description;
 * <li>{@link Container}, {@link Metadata}, {@link MetadataFormat}, {@link FunctionPair}, {@link DataReference}: the
 * metadata;
 * <li>{@link ObjectSymbols}, {@link ObjectSymbol}, {@link SymbolsJson}, {@link JsonReader}: what a description needs
 * to know of an object;
 * <li>{@link PreparedFile}: objects that were built to be patched;
 * <li>{@link Md4}: libpulp's digest of names.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.container;

import org.jspecify.annotations.NullMarked;
