package dev.pulpo.examples.ulp;

import dev.pulpo.examples.terminal.Mark;
import java.io.PrintWriter;
import java.util.List;

/** Prints the outcomes of many processes in libpulp's words. */
final class TriggerReport {
    private final UlpCommand command;
    private final boolean summarised;
    private final boolean named;
    private int patched;
    private int skipped;
    private int failed;
    private int reasons;
    private int status;

    /**
     * @param summarised whether to print one line for a process whose patches have the same outcome
     * @param named      whether the user named the process by its id, and so wants to know why a patch is not for it
     */
    TriggerReport(UlpCommand command, boolean summarised, boolean named) {
        this.command = command;
        this.summarised = summarised;
        this.named = named;
    }

    /** libpulp counts a patch that is not there to revert as a failure. */
    private boolean isSkipped(Verdict verdict) {
        return verdict.isSkipped() || command.isTruthful() && verdict.isAlready();
    }

    private String explanation(Verdict verdict) {
        return command.isTruthful() && verdict.isAlready()
                ? verdict.patch() + ": " + verdict.already()
                : verdict.explanation();
    }

    /** Counts and prints the outcome of one process. */
    void add(int pid, String name, List<Verdict> verdicts) {
        boolean success = verdicts.stream().anyMatch(Verdict::isSuccess);
        boolean failure = verdicts.stream().anyMatch(verdict -> !verdict.isSuccess() && !isSkipped(verdict));
        patched += success ? 1 : 0;
        skipped += !success && verdicts.stream().anyMatch(this::isSkipped) ? 1 : 0;
        failed += failure ? 1 : 0;
        for (Verdict verdict : verdicts) {
            reasons |= isSkipped(verdict) ? 0 : verdict.reason();
            status = Math.max(status, verdict.status());
            if (!verdict.isSuccess()) {
                command.detail("process " + pid + ": " + verdict.patch() + ": " + verdict.detail());
            }
        }
        if (!command.isQuiet()) {
            print(pid, name, verdicts);
        }
    }

    private void print(int pid, String name, List<Verdict> verdicts) {
        List<Verdict> major = verdicts.stream().filter(verdict -> !verdict.isMinor()).toList();
        String head = "  " + name + " (pid: " + pid + "):";
        PrintWriter out = command.out();
        if (!summarised) {
            out.println(head);
            verdicts.forEach(verdict -> out.println(detailed(verdict)));
        } else if (major.size() > 1) {
            out.println(head);
            major.forEach(verdict -> out.println(detailed(verdict)));
        } else if (major.size() == 1) {
            out.println(head + oneLine(major.getFirst()));
        } else if (named && !verdicts.isEmpty()) {
            out.println(head + oneLine(verdicts.getFirst()));
        }
        out.flush();
    }

    private String oneLine(Verdict verdict) {
        if (verdict.isSuccess()) {
            return command.coloured(Mark.GREEN, " SUCCESS") + " " + verdict.patch();
        }
        return isSkipped(verdict)
                ? command.coloured(Mark.YELLOW, " SKIPPED") + " " + explanation(verdict)
                : command.coloured(Mark.RED, " FAILED") + " " + verdict.patch() + ": " + verdict.explanation();
    }

    private String detailed(Verdict verdict) {
        if (verdict.isSuccess()) {
            return command.coloured(Mark.GREEN, "    SUCCESS") + " " + verdict.patch();
        }
        boolean already = command.isTruthful() && verdict.isAlready();
        return (verdict.isMinor() || already
                ? command.coloured(Mark.YELLOW, "    SKIPPED")
                : command.coloured(Mark.RED, "    FAILED"))
                + " " + verdict.patch() + ": " + (already ? verdict.already() : verdict.explanation());
    }

    /** Counts a process that could not be read. libpulp does not count it. */
    void unreachable(Verdict verdict) {
        status = Math.max(status, verdict.status());
    }

    /** As {@link #unreachable}, and prints the verdict; for one of many processes. */
    void failed(int pid, String name, Verdict verdict) {
        failed++;
        unreachable(verdict);
        if (!command.isQuiet()) {
            print(pid, name, List.of(verdict));
        }
    }

    /** Prints the totals. */
    void end() {
        if (patched + skipped + failed > 0) {
            command.out().println("ulp: Processes patched: " + patched + ", Skipped: " + skipped + ", Failed: " + failed
                    + ".");
            command.out().flush();
        }
    }

    /** libpulp's numbers of all failures, ORed; 0 if all succeeded. */
    int reasons() {
        return reasons;
    }

    /** The exit status of the truthful command line: the highest of all. */
    int status() {
        return status;
    }
}
