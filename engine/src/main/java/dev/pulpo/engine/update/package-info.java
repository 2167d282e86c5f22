/**
 * Processes that run code whose file has been replaced since, and patches that bring them to the new build.
 *
 * <ul>
 * <li>{@link ReplacedFiles}: which files of a process have been replaced;
 * <li>{@link FileChanges}: what has changed in them, within limits;
 * <li>{@link FileCopies}: both builds, copied to where nobody changes them while they are compared;
 * <li>{@link FileComparison}: what differs, and the container;
 * <li>{@link ChangeStore}: what is known from earlier comparisons;
 * <li>{@link PackageNames}: which package a file belongs to.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.update;

import org.jspecify.annotations.NullMarked;
