package dev.pulpo.engine;

import java.util.List;
import java.util.Optional;

/**
 * What a transaction has come to.
 *
 * @param failure   why what was asked for does not hold everywhere; empty where it does, for good
 * @param processes what has become of each process, in the order in which they were named
 */
public record TransactionReport(Optional<RuntimeException> failure, List<Result> processes) {
    /** What has become of a process. */
    public sealed interface Result {
        int pid();

        /** All its patches are in force. */
        record InForce(int pid, List<Outcome> outcomes) implements Result {
            public InForce {
                outcomes = List.copyOf(outcomes);
            }
        }

        /** All the patches are out of force, with {@link Outcome#reverted} naming them. */
        record Reverted(int pid, Outcome outcome) implements Result {}

        /** Nothing was changed there, because of another process. */
        record Untouched(int pid) implements Result {}

        /** Nothing was changed there, because of this process. */
        record Failed(int pid, RuntimeException why) implements Result {}

        /**
         * All its patches were in force for a moment, and were taken back; what had gone for them is in force again.
         *
         * @param unloaded whether their memory was given back
         */
        record TakenBack(int pid, boolean unloaded) implements Result {}

        /** The patches were out of force for a moment, and are in force again. */
        record PutBack(int pid) implements Result {}

        /**
         * What was done there could not be undone, and patches may be in force, or out of it, against what holds elsewhere:
         * {@link LiveProcess#patches} tells. The next operation on the process undoes it.
         */
        record LeftBehind(int pid, RuntimeException why) implements Result {}

        /** The process has ended, or executed another program, meanwhile. */
        record Gone(int pid, TargetGoneException why) implements Result {}

        /** What has become of it, for a person to read, by the names that it has for remedies. */
        default String text(Remedy.Wording words) {
            return "process " + pid() + ": " + switch (this) {
                case InForce in -> String.join("; ", in.outcomes.stream().map(Outcome::toString).toList());
                case Reverted reverted -> reverted.outcome.toString();
                case Untouched untouched -> "nothing was changed, because of another process";
                case Failed failed -> "nothing was changed: " + reason(failed.pid, failed.why, words);
                case TakenBack back -> "the patches were in force, and were taken back because of another process"
                        + (back.unloaded ? "" : "; they stay loaded");
                case PutBack back ->
                    "the patches were out of force, and are in force again because of another process";
                case LeftBehind left -> "what was done could not be undone, and may hold there ("
                        + words.name(Remedy.Action.LOOK_AT_PATCHES)
                        + " tells); the next operation on the process undoes it: " + reason(left.pid, left.why, words);
                case Gone gone -> reason(gone.pid, gone.why, words);
            };
        }

        private static String reason(int pid, RuntimeException failure, Remedy.Wording words) {
            String reason = failure instanceof PulpoException known
                    ? known.message(words)
                    : String.valueOf(failure.getMessage());
            String process = "process " + pid + ": ";
            return reason.startsWith(process) ? reason.substring(process.length()) : reason;
        }
    }

    public TransactionReport {
        processes = List.copyOf(processes);
    }

    /** Whether everything that was asked for holds: all patches are in force, or all of them are out of it. */
    public boolean isDone() {
        return failure.isEmpty();
    }

    @Override
    public String toString() {
        return text(Remedy.Wording.LIBRARY);
    }

    /** All of it, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        return String.join(System.lineSeparator(), processes.stream().map(result -> result.text(words)).toList());
    }
}
