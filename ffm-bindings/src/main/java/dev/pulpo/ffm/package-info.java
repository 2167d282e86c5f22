/**
 * Linux, typed: the middle of three rings. The inner one, {@code dev.pulpo.ffm.raw}, is jextract's output and is not
 * exported; the outer one is the engine. Facts about system calls, errno, signals and registers live only here.
 *
 * <p>In reading order:
 * <ol>
 * <li>{@link dev.pulpo.ffm.RemoteAddress}: an address in another process, which is never a {@code MemorySegment};
 * <li>{@link dev.pulpo.ffm.Errno}, {@link dev.pulpo.ffm.SystemCallException}: how calls fail;
 * <li>{@code NativeCalls}: the one class with a {@code Linker} and a {@code MethodHandle};
 * <li>{@link dev.pulpo.ffm.Ptrace}, {@link dev.pulpo.ffm.WaitStatus}, {@link dev.pulpo.ffm.Registers},
 * {@link dev.pulpo.ffm.SignalInfo}, {@link dev.pulpo.ffm.SignalFrame}: tracing;
 * <li>{@link dev.pulpo.ffm.TraceeMemory}: memory of another process;
 * <li>{@link dev.pulpo.ffm.Launcher}, {@link dev.pulpo.ffm.LaunchedProcess}: targets that can be traced safely;
 * <li>{@link dev.pulpo.ffm.ProcessEvents}, {@link dev.pulpo.ffm.NotifySocket}: what the kernel reports of all processes, and
 * what a service tells its manager;
 * <li>{@link dev.pulpo.ffm.Scheduling}, {@link dev.pulpo.ffm.ToolPriority}, {@link dev.pulpo.ffm.Processes},
 * {@link dev.pulpo.ffm.SystemCallNames}, {@link dev.pulpo.ffm.NativeCode}: the
 * rest.
 * </ol>
 */
@NullMarked
package dev.pulpo.ffm;

import org.jspecify.annotations.NullMarked;
