package dev.pulpo.engine.apply;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.stack.Reasons;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.Remedies;
import dev.pulpo.engine.trace.ThreadReport;

/** Makes words of what was found of threads in a stop. To be used when they run again. */
final class BlockerWords {
    private final ThreadReport report;
    private final CodeRanges zone;
    private final String asking;

    /**
     * @param zone   the code in which threads were looked for
     * @param asking what else can be asked for
     */
    BlockerWords(ThreadReport report, CodeRanges zone, String asking) {
        this.report = report;
        this.zone = zone;
        this.asking = asking;
    }

    /** A finding. */
    Blocker of(StackSweep.Findings findings, int index) {
        BlockingThread thread = findings.isStopped(index)
                ? report.stopped(findings.tid(index), findings.frames(index), findings.blockingFrame(index),
                        findings.call(index), findings.programCounter(index))
                : report.unstopped(findings.tid(index), findings.frames(index), findings.blockingFrame(index));
        String address = report.describe(findings.address(index));
        String leaving = Remedies.leaving(thread);
        return switch (findings.verdict(index)) {
            case INSIDE -> new Blocker.InsideFunction(thread, zone.name(findings.zone(index)), address,
                    Remedies.of(leaving, asking));
            case UNKNOWN -> new Blocker.UnknownStack(thread, Reasons.of(findings.end(index), address),
                    Remedies.of(leaving, Remedies.following(findings.end(index)), asking));
            case CLEAR, NEEDS_TABLES -> throw new IllegalStateException("no finding");
        };
    }

    /** A thread of which nothing can be told but this. */
    Blocker of(int tid, String reason) {
        BlockingThread thread = report.unstopped(tid, new long[0], -1);
        return new Blocker.UnknownStack(thread, reason, Remedies.of(Remedies.leaving(thread), asking));
    }
}
