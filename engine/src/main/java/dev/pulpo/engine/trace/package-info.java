/**
 * Threads of the target: {@link dev.pulpo.engine.trace.TracerThread} makes all ptrace calls; {@link dev.pulpo.engine.trace.ProcessStop} stops a process; {@link dev.pulpo.engine.trace.ThreadBorrower} chooses a thread and {@link dev.pulpo.engine.trace.ThreadLoan} is one, on loan; {@link dev.pulpo.engine.trace.StubCalls} and {@link dev.pulpo.engine.trace.Injection} are what loans are for.
 */
@NullMarked
package dev.pulpo.engine.trace;

import org.jspecify.annotations.NullMarked;
