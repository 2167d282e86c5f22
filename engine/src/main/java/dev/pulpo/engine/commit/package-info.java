/**
 * The stop in which bytes change. <b>Entry bytes are written here</b>, in {@link Journal}, and nowhere else.
 *
 * <ul>
 * <li>{@link CommitLoop}: tries again until no thread blocks the change, or the deadline has passed;
 * <li>{@link Commit}, {@link StopCondition}: one try: stop, look, write, release;
 * <li>{@link Journal}: the writes, laid out before the stop;
 * <li>{@link Change}, {@link Changes}: what the writes change;
 * <li>{@link QuiescenceRanges}: the code that no thread may be in;
 * <li>{@link Warmup}: rehearses stops on a child process, so that the first real stop is as short as the others.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.commit;

import org.jspecify.annotations.NullMarked;
