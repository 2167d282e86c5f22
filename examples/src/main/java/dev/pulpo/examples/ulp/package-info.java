/**
 * libpulp's command line: the same commands, options, messages and exit statuses. Under the name {@code pulpo} the same
 * commands end with Pulpo's exit statuses. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.ulp.Ulp}: the list of commands, and {@code main};
 * <li>{@link dev.pulpo.examples.ulp.UlpCommand}: what all commands share; {@link dev.pulpo.examples.ulp.Which}: which
 * processes;
 * <li>{@link dev.pulpo.examples.ulp.Trigger}, with {@link dev.pulpo.examples.ulp.PatchFiles},
 * {@link dev.pulpo.examples.ulp.Verdict} and {@link dev.pulpo.examples.ulp.TriggerReport};
 * <li>the other commands, one class each.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.ulp;

import org.jspecify.annotations.NullMarked;
