/**
 * What the next tool does after one died.
 *
 * <ul>
 * <li>{@link RecoveryRules}: the table below as code; it reads, and changes nothing;
 * <li>{@link Recovery}: carries out the rules, before an operation begins;
 * <li>{@link TransactionPeers}, {@link LivePeers}, {@link PeerTestimony}, {@link RecoveryBudget}: ask the other
 * processes of a transaction, for a bounded time;
 * <li>{@link CallbackCalls}: calls the callbacks of patches, and those that are due when a tool was killed;
 * <li>{@link StalePatches}: records of patches whose target object has been unloaded since.
 * </ul>
 *
 * <p>The state of a record decides, with the states and the commit marks of the other records of its transaction. A
 * patch that was applied alone has no transaction.
 *
 * <pre>
 *   state of the record    what else is known                               the record becomes, its code becomes
 *   ---------------------  -----------------------------------------------  ------------------------------------
 *   PREPARED, PENDING      another of its transaction is ACTIVE here, or    ACTIVE, the detour
 *                          its mark is DECIDED or SETTLED
 *   PENDING                all of several processes are PENDING here, and   ACTIVE, the detour; the mark becomes
 *                          another process says that it was decided         DECIDED before anything else is written
 *   PREPARED, PENDING      otherwise                                        REVERTED, the original (or the patch
 *                                                                           before it); UNLOADED for a record
 *                                                                           that only stands for a removal
 *   REVERTING              it goes for patches that stay undecided          ACTIVE, the detour
 *   REVERTING              another that was to go with it is still ACTIVE   ACTIVE, the detour: no code has changed
 *   REVERTING              otherwise                                        REVERTED, the original (or before it)
 *   TRANSITION             any                                              stays: the next command continues it
 *   ACTIVE                 its target was unloaded since (StalePatches)     REVERTED, nothing is written
 *   REVERTED               no thread is in it (LeftoverPatches)             UNLOADED, its memory is unmapped
 * </pre>
 *
 * <p>Then the callbacks that are due are called. {@link dev.pulpo.engine.registry.Callbacks#due} has the table: after a state
 * to stay in, ACTIVE or REVERTED, the progress in the record decides. The thread that calls a callback writes the progress
 * itself, so each is called once, whenever a tool was killed.
 */
@NullMarked
package dev.pulpo.engine.recovery;

import org.jspecify.annotations.NullMarked;
