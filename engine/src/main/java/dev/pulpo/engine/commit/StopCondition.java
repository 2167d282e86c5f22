package dev.pulpo.engine.commit;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;
import java.lang.foreign.Arena;
import java.util.Optional;

/** Decides in a stop whether the change may be made, after all threads have been looked at. */
public interface StopCondition {
    /** No thread is inside the forbidden code. */
    StopCondition NO_THREAD_INSIDE = new StopCondition() {
        @Override
        public int hindrance(ProcessStop stop, StackSweep.Findings findings) {
            return findings.count() == 0 ? 0 : findings.tid(0);
        }

        @Override
        public String reason() {
            return "";
        }
    };

    /**
     * Looks at the stopped process. Where nothing blocks the change, it may prepare the threads for it. Allocates
     * nothing.
     *
     * @param findings the threads that are inside the code, or may be
     * @return the id of a thread that blocks the change, or 0
     */
    int hindrance(ProcessStop stop, StackSweep.Findings findings);

    /** Why the thread blocks the change; empty where the findings say it. */
    String reason();

    /** Makes the condition of one stop, while the process still runs. */
    interface Maker {
        /**
         * Makes it.
         *
         * @param arena  for memory that the condition needs in the stop
         * @param tables to unwind stacks with, if they have been made
         */
        StopCondition make(Arena arena, Optional<CfiMap> tables);
    }
}
