/**
 * Live patching of running processes. Data flows one way, and each step is a value:
 *
 * <pre>
 *   file, process -> target -> plan -> load -> commit -> outcome
 * </pre>
 *
 * <p>In reading order:
 * <ul>
 * <li>{@link LiveProcess}, {@link ProcessFilter}, {@link Library}: a process, where everything begins; many of them;
 * and what one has loaded;
 * <li>{@link LivePatch}, {@link PlainPatch}, {@link Replacement}, {@link PatchId}: a patch, made of a container, or
 * of plain code;
 * <li>{@link BuildDiff}, {@link PackReport}, {@link FunctionVersions}: a patch made of two builds, what became of it, and both
 * versions of a function;
 * <li>{@link LiveUpdate}, {@link OutdatedFile}, {@link FileChange}, {@link UpdatePlan}, {@link InstalledPackage}: patches
 * that bring processes to the builds that are installed;
 * <li>{@link PatchStore}, {@link StoredPatch}, {@link Upkeep}, {@link ProcessStanding}, {@link PatchStanding}, {@link
 * LoadWatch}: which patches processes should have, now and later, and where they stand;
 * <li>{@link Probe}, {@link LiveProbe}, {@link ProbeCounts}, {@link ProbeTimes}, {@link TracedCalls},
 * {@link TracedCall}, {@link ValueKind}: what is done to calls of a function without a compiler;
 * <li>{@link Consistency}: when code may change;
 * <li>{@link PatchPlan}, {@link PlannedFunction}, {@link PlannedReference}, {@link UnresolvedFunction}, {@link
 * ByteString}: what an apply would do;
 * <li>{@link Refusal}, {@link RefusalText}: why it would not;
 * <li>{@link Check}, {@link Finding}, {@link Coverage}: what debug information says of it;
 * <li>{@link Outcome}, {@link AppliedPatch}: what an apply did, and what holds in a process;
 * <li>{@link Retention}, {@link LeftoverPatch}, {@link HeldWord}: how long a reverted patch stays loaded, and what keeps it;
 * <li>{@link ShadowVariables}: values that patches keep beside the objects of a process; {@link PatchListing}: all that patches
 * have left in a process;
 * <li>{@link OperationListener}, {@link Phase}, {@link Pause}, {@link ThreadPause}: what is told of an operation that goes on,
 * and who paused for how long; {@link TimelineRecorder}, {@link Timeline}: all of that as a value; {@link ListenerPair}: for two
 * who listen;
 * <li>{@link Transition}: threads that change one by one;
 * <li>{@link Transaction}, {@link TransactionReport}: several processes, all or none;
 * <li>{@link Preflight}, {@link OtherPatcher}: whether a process can be patched at all, and who else patches it;
 * <li>{@link ThreadStack}, {@link StackProfile}, {@link StackFrame}, {@link LocalValue}, {@link CodePlace}: what threads
 * do, and what an address is; {@link FunctionCode}, {@link CodeLine}: the instructions of a function; {@link LiveValue}: a
 * variable;
 * <li>{@link PulpoException}, {@link RefusedException}, {@link BlockedException}, {@link PauseExceededException},
 * {@link InTransitionException}, {@link OperationInterruptedException}, {@link TargetBusyException},
 * {@link TargetGoneException}, {@link TargetUnreadableException}, {@link TargetDamagedException},
 * {@link AccessRefusedException}, {@link BorrowedCallException}: failures;
 * <li>{@link Blocker}, {@link BlockingThread}, {@link BlockerText}: threads in the way;
 * <li>{@link Remedy}: what would help;
 * <li>{@link StubFile}, {@link SanitizerRuntime}: the stub, for {@code LD_PRELOAD}, and what comes before it;
 * <li>{@link Wildcard}: patterns of names.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine;

import org.jspecify.annotations.NullMarked;
