/**
 * Helpers for people at a prompt: {@link dev.pulpo.examples.shell.Shell}; {@link dev.pulpo.examples.shell.Applied}: what was
 * applied there, to be taken back.
 */
@NullMarked
package dev.pulpo.examples.shell;

import org.jspecify.annotations.NullMarked;
