package dev.pulpo.engine.borrow;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.SeccompFilter;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.SystemCalls;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether seccomp(2) lets a thread make the system calls of loading. The filters are read before any call, so that a filter
 * that kills is never triggered.
 */
final class SeccompCheck {
    private static final String NONE = "0";
    private static final String STRICT = "1";

    private SeccompCheck() {}

    /**
     * Why a stopped thread cannot be borrowed; empty where it can.
     *
     * @param status of the thread, read since it was stopped; empty where it has been killed
     */
    static Optional<String> of(Ptrace ptrace, int tid, Optional<ProcFs.Status> status) {
        return of(ptrace, tid, status, SystemCalls.LOADING);
    }

    /**
     * As {@link #of(Ptrace, int, Optional)}, for other system calls than those of loading.
     *
     * @param calls by name
     */
    static Optional<String> of(Ptrace ptrace, int tid, Optional<ProcFs.Status> status, Map<String, Integer> calls) {
        String mode = status.flatMap(lines -> lines.find("Seccomp")).orElse(NONE);
        return switch (mode) {
            case NONE -> Optional.empty();
            case STRICT -> Optional.of("seccomp's strict mode would kill it");
            default -> filters(ptrace, tid, calls);
        };
    }

    private static Optional<String> filters(Ptrace ptrace, int tid, Map<String, Integer> calls) {
        List<SeccompFilter> filters;
        try {
            filters = ptrace.seccompFilters(tid);
        } catch (SystemCallException e) {
            return Optional.of("it has a seccomp filter that cannot be looked at (" + e.getMessage()
                    + "), and it might kill; CAP_SYS_ADMIN is needed to look, in a process without such a filter");
        }
        for (Map.Entry<String, Integer> call : calls.entrySet()) {
            SeccompFilter.Verdict tolerated = SystemCalls.RETURNING.contains(call.getValue())
                    ? SeccompFilter.Verdict.ALLOWED
                    : SeccompFilter.Verdict.FAILS;
            for (SeccompFilter filter : filters) {
                if (filter.judge(call.getValue()).compareTo(tolerated) > 0) {
                    return Optional.of("its seccomp filter does not tolerate " + call.getKey()
                            + ", which loading a patch takes");
                }
            }
        }
        return Optional.empty();
    }
}
