/**
 * The patches that processes should have, on disk.
 *
 * <ul>
 * <li>{@link StoreDirectory}: who may change it, and changes that are whole at any instant;
 * <li>{@link PatchEntry}: the directory of one patch, and its text;
 * <li>{@link RunningBuilds}: which builds a process runs;
 * <li>{@link LoaderPoll}: whether a process's dynamic loader is done, and whether it has loaded anything since.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.store;

import org.jspecify.annotations.NullMarked;
