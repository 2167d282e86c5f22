/**
 * The command line. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.cli.Pulpo}: the list of commands, and {@code main};
 * <li>{@link dev.pulpo.examples.cli.Command}: what all commands have, above all {@code --json};
 * <li>{@link dev.pulpo.examples.cli.Run}, {@link dev.pulpo.examples.cli.Inject},
 * {@link dev.pulpo.examples.cli.Plan}, {@link dev.pulpo.examples.cli.Apply}, {@link dev.pulpo.examples.cli.Revert},
 * {@link dev.pulpo.examples.cli.Patches}, {@link dev.pulpo.examples.cli.Messages},
 * {@link dev.pulpo.examples.cli.Stub}: one class each;
 * <li>{@link dev.pulpo.examples.cli.Failures}: exit statuses and messages; {@link dev.pulpo.examples.cli.Json}: output.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.cli;

import org.jspecify.annotations.NullMarked;
