/**
 * What goes in and out between the command lines and people. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.terminal.Terminal}: the streams that every line of output goes through;
 * <li>{@link dev.pulpo.examples.terminal.VisibleWriter}: shows what could do harm as escapes;
 * <li>{@link dev.pulpo.examples.terminal.Mark}: colours, which are ours alone;
 * <li>{@link dev.pulpo.examples.terminal.Arguments}: what was typed, whatever the locale;
 * <li>{@link dev.pulpo.examples.terminal.FailureText}: what failures say.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.terminal;

import org.jspecify.annotations.NullMarked;
