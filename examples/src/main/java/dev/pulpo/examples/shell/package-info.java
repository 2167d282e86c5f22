/** Helpers for people at a prompt: {@link dev.pulpo.examples.shell.Shell}. */
@NullMarked
package dev.pulpo.examples.shell;

import org.jspecify.annotations.NullMarked;
