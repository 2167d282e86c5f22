/**
 * Patch files as libpulp has them: a container is a shared object with metadata in sections that are not loaded, and a
 * description says what the metadata is to be. Files only, no processes. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.engine.container.Metadata}, {@link dev.pulpo.engine.container.FunctionPair},
 * {@link dev.pulpo.engine.container.DataReference}: what a patch replaces, and what it refers to;
 * <li>{@link dev.pulpo.engine.container.MetadataFormat}: their bytes;
 * <li>{@link dev.pulpo.engine.container.Container}: the sections of a file;
 * <li>{@link dev.pulpo.engine.container.Description}, {@link dev.pulpo.engine.container.DescriptionParser}: what a person
 * writes down; {@link dev.pulpo.engine.container.DescriptionException}: what is wrong with it;
 * <li>{@link dev.pulpo.engine.container.ObjectSymbols}: the symbols of a target, from its file or from JSON;
 * <li>{@link dev.pulpo.engine.container.Packer}: makes a container of a description.
 * <li>{@link dev.pulpo.engine.container.PreparedFile}: objects whose functions wait for patches.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine.container;

import org.jspecify.annotations.NullMarked;
