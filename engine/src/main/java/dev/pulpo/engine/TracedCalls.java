package dev.pulpo.engine;

import java.util.List;

/**
 * What a probe has recorded since the last look.
 *
 * @param calls in the order of their tickets
 * @param lost  how many records were overwritten before they were read
 * @param begun how many calls have begun since the probe came into force; those that ended by an exception or longjmp(3), and those in
 *              progress, have no record
 * @param ended how many records there have been since then, the lost ones included
 */
public record TracedCalls(List<TracedCall> calls, long lost, long begun, long ended) {
    public TracedCalls {
        calls = List.copyOf(calls);
    }
}
