/**
 * The command line. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.cli.Pulpo}: the list of commands, and {@code main};
 * <li>{@link dev.pulpo.examples.cli.Command}: the options that all commands share, such as {@code --json};
 * <li>{@link dev.pulpo.examples.cli.Selection}: which processes are meant;
 * <li>{@link dev.pulpo.examples.cli.Run}, {@link dev.pulpo.examples.cli.Inject},
 * {@link dev.pulpo.examples.cli.Plan}, {@link dev.pulpo.examples.cli.Apply}, {@link dev.pulpo.examples.cli.Revert},
 * {@link dev.pulpo.examples.cli.Patches}, {@link dev.pulpo.examples.cli.Messages}, {@link dev.pulpo.examples.cli.Print},
 * {@link dev.pulpo.examples.cli.ProbeCommand}, {@link dev.pulpo.examples.cli.Stub}: one class each;
 * {@link dev.pulpo.examples.cli.ProbeReport}: what a probe sees ({@link dev.pulpo.examples.cli.CountReport}, {@link
 * dev.pulpo.examples.cli.TimeReport}, {@link dev.pulpo.examples.cli.TraceReport});
 * <li>{@link dev.pulpo.examples.cli.Outdated}, {@link dev.pulpo.examples.cli.Update}, {@link dev.pulpo.examples.cli.Fleet}:
 * processes whose files have been replaced;
 * <li>{@link dev.pulpo.examples.cli.Accept}, {@link dev.pulpo.examples.cli.Withdraw}, {@link dev.pulpo.examples.cli.Status},
 * {@link dev.pulpo.examples.cli.Restore}, {@link dev.pulpo.examples.cli.Standings},
 * {@link dev.pulpo.examples.cli.StatusMetrics}, {@link dev.pulpo.examples.cli.MetricsSocket}, {@link dev.pulpo.examples.cli.Watch}: patches that processes should have, now and later;
 * <li>{@link dev.pulpo.examples.cli.Versions}: two versions of a function, side by side;
 * {@link dev.pulpo.examples.cli.Disassembly}: instructions in words; {@link dev.pulpo.examples.cli.Disassemble}: those of a
 * process;
 * <li>{@link dev.pulpo.examples.cli.Failures}: exit statuses and messages; {@link dev.pulpo.examples.cli.Json}: output;
 * {@link dev.pulpo.examples.cli.ProgressLine}: what is shown to people who wait.
 * </ol>
 *
 * <p>An option's text: for {@code --help} and the man pages it stands at its {@code @Option}, in the class of the command; in
 * messages, {@link dev.pulpo.examples.terminal.RemedyOptions} names the option that would help.
 */
@NullMarked
package dev.pulpo.examples.cli;

import org.jspecify.annotations.NullMarked;
