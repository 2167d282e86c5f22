/**
 * The operations, from lock to outcome.
 *
 * <ul>
 * <li>{@link ApplyOperation}, {@link RevertOperation}: patches come into force, or go out of it;
 * <li>{@link JointOperation}, {@link JointMember}: the same in several processes, all or none;
 * <li>{@link TransitionOperation}: continues a transition;
 * <li>{@link InjectOperation}: loads the stub;
 * <li>{@link SwitchOperation}: forbids or allows patching;
 * <li>{@link NoteOperation}: adds a line to the log of the process.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.operation;

import org.jspecify.annotations.NullMarked;
