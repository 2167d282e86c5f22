package dev.pulpo.examples.terminal;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PulpoException;
import java.nio.file.FileSystemException;

/** What failures say. */
public final class FailureText {
    private FailureText() {}

    /** The message, in which remedies have the names of options, and names of files are data: the JDK puts them there with all their control characters. */
    public static String of(Throwable failure) {
        String message = failure instanceof PulpoException known
                ? known.message(RemedyOptions.WORDING)
                : String.valueOf(failure.getMessage());
        return failure instanceof FileSystemException || failure.getCause() instanceof FileSystemException cause
                && message.contains(String.valueOf(cause.getMessage())) ? RawText.asData(message) : message;
    }

    /** Where a failure comes from, as its stack trace says, each line with its end. */
    public static String trace(Throwable failure) {
        StringBuilder trace = new StringBuilder();
        String relation = "";
        for (Throwable each = failure; each != null; each = each.getCause()) {
            trace.append(relation).append(each.getClass().getName()).append(": ")
                    .append(of(each)).append('\n');
            for (StackTraceElement element : each.getStackTrace()) {
                trace.append("    at ").append(element).append('\n');
            }
            relation = "caused by ";
        }
        return trace.toString();
    }
}
