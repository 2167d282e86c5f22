package dev.pulpo.engine.trace;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.stack.WalkEndText;
import java.util.List;

/** Turns the findings of a stop into blockers. To be used after the release: it reads files. */
public final class BlockerFormatter {
    private final ThreadReport report;
    private final CodeRanges zone;
    private final List<Remedy> asking;

    /**
     * @param zone   the code that was searched for threads
     * @param asking what else can be asked for
     */
    public BlockerFormatter(ThreadReport report, CodeRanges zone, List<Remedy> asking) {
        this.report = report;
        this.zone = zone;
        this.asking = asking;
    }

    /** A finding. */
    public Blocker of(StackSweep.Findings findings, int index) {
        BlockingThread thread = findings.isStopped(index)
                ? report.stopped(findings.tid(index), findings.frames(index), findings.blockingFrame(index),
                        findings.call(index), findings.programCounter(index))
                : report.unstopped(findings.tid(index), findings.frames(index), findings.blockingFrame(index));
        String address = report.describe(findings.address(index));
        List<Remedy> leaving = Remedies.leaving(thread);
        return switch (findings.verdict(index)) {
            case INSIDE -> new Blocker.InsideFunction(thread, zone.name(findings.zone(index)), address,
                    Remedies.of(leaving, asking));
            case UNKNOWN -> new Blocker.UnknownStack(thread, WalkEndText.of(findings.end(index), address),
                    Remedies.of(leaving, Remedies.of(Remedies.following(findings.end(index)), asking)));
            case CLEAR, NEEDS_TABLES -> throw new IllegalStateException("no finding");
        };
    }

    /** A thread of which only this reason is known. */
    public Blocker of(int tid, String reason) {
        BlockingThread thread = report.unstopped(tid, new long[0], -1);
        return new Blocker.UnknownStack(thread, reason, Remedies.of(Remedies.leaving(thread), asking));
    }
}
