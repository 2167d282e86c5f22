/**
 * Patches that come into force, or go out of it, by one decision.
 *
 * <ul>
 * <li>{@link TransactionStep}: a transaction's work in one process;
 * <li>{@link PatchSet}: patches that come into force;
 * <li>{@link JointRevert}, {@link RevertSelection}: patches that go out of force, and their selection;
 * <li>{@link TransactionRecords}: the progress of the transaction, in the memory of the target.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.transaction;

import org.jspecify.annotations.NullMarked;
