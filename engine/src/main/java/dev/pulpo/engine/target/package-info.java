/**
 * A process, read from outside while it runs.
 *
 * <ul>
 * <li>{@link Tracee}: a process that is patched;
 * <li>{@link PtraceAccess}, {@link PtraceDenial}: whether the kernel lets this process trace the target, and why not;
 * <li>{@link TargetLock}, {@link OtherTools}: the lock that keeps other tools away, and how to tell a tool at work from
 * other holders of a lock; {@link LockWait}: how operations wait for each other;
 * <li>{@link Interruption}: the wish of a caller that an operation end early; {@link CallerStack}: its stack, in failures;
 * <li>{@link ProcFs}, {@link PidNamespace}: facts from {@code /proc};
 * <li>{@link MemoryMap}, {@link MapReader}, {@link Mapping}, {@link NearGap}: the mappings, and the gaps between them;
 * <li>{@link TargetFiles}, {@link ObjectFiles}: the only way from the engine to files that a target names;
 * <li>{@link InstalledFile}: what has a name there now, and whether the process may be given its code;
 * <li>{@link ProcessImage}, {@link LoadedObject}: the program and its shared objects;
 * <li>{@link ObjectFinder}, {@link LoaderList}: which mappings belong to which object;
 * <li>{@link StubState}: the stub's description of itself, checked;
 * <li>{@link CorrectedMemory}: the memory as it will be after recovery;
 * <li>{@link TargetGuard}, {@link TargetFault}: what a failure means if the target has ended, or has caused it.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.target;

import org.jspecify.annotations.NullMarked;
