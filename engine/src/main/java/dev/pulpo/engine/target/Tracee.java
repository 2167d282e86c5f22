package dev.pulpo.engine.target;

import dev.pulpo.ffm.TraceeMemory;

/**
 * A process that is patched.
 *
 * @param startTime in clock ticks since boot (proc_pid_stat(5)); with the pid it identifies the process
 * @param memory    its memory; the owner closes it
 * @param waits     for other operations on it
 */
public record Tracee(int pid, long startTime, TraceeMemory memory, LockWait waits) {}
