/**
 * libpulp's command line: the same commands, options, words and exit statuses. Under the name {@code pulpo} the same
 * commands say by their exit statuses what has happened. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.ulp.Ulp}: the list of commands, and {@code main};
 * <li>{@link dev.pulpo.examples.ulp.UlpCommand}: what all have; {@link dev.pulpo.examples.ulp.Which}: which processes;
 * <li>{@link dev.pulpo.examples.ulp.Trigger}, with {@link dev.pulpo.examples.ulp.PatchFiles},
 * {@link dev.pulpo.examples.ulp.Verdict} and {@link dev.pulpo.examples.ulp.TriggerReport};
 * <li>the other commands, one class each.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.ulp;

import org.jspecify.annotations.NullMarked;
