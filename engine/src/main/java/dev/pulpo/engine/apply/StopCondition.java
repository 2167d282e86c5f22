package dev.pulpo.engine.apply;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;
import java.lang.foreign.Arena;
import java.util.Optional;

/** What has to be so in a stop before anything is changed in it, when all threads have been looked at. */
interface StopCondition {
    /** No thread is inside the code that was asked about. */
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
     * Looks at the stopped process. Where nothing hinders the change, it may prepare the threads for it; it allocates nothing.
     *
     * @param findings the threads that are inside the code, or may be
     * @return the id of a thread that stands in the way, or 0
     */
    int hindrance(ProcessStop stop, StackSweep.Findings findings);

    /** Why the thread stands in the way; empty where the findings say it. */
    String reason();

    /** Makes the condition of one stop, while the process still runs. */
    interface Maker {
        /**
         * Makes it.
         *
         * @param arena  for what it needs in the stop
         * @param tables to follow stacks with, where they have been made
         */
        StopCondition make(Arena arena, Optional<CfiMap> tables);
    }
}
