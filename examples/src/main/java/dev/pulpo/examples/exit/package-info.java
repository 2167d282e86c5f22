/**
 * The beginning and the end of a command: {@link dev.pulpo.examples.exit.HeadStart} prepares it while the arguments are
 * parsed, {@link dev.pulpo.examples.exit.SignalEnd} lets it undo what it was doing when a signal ends it, and {@link dev.pulpo.examples.exit.ExitStatus} is what it ends with.
 */
@NullMarked
package dev.pulpo.examples.exit;

import org.jspecify.annotations.NullMarked;
