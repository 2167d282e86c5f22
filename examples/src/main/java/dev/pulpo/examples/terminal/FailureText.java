package dev.pulpo.examples.terminal;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PulpoException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.regex.Pattern;

/** What failures say. */
public final class FailureText {
    private static final Pattern SOURCE = Pattern.compile(".*[.](c|cc|cpp|cxx|C|h)", Pattern.DOTALL);

    private FailureText() {}

    /** The message, in which remedies have the names of options, and names of files are data: the JDK puts them there with all their control characters. */
    public static String of(Throwable failure) {
        if (failure instanceof PulpoException known) {
            return known.message(RemedyOptions.WORDING);
        }
        if (failure instanceof FileSystemException file && file.getFile() != null) {
            return of(file, RawText.asData(file.getFile()));
        }
        if (failure instanceof MalformedElfException other && other.isOtherFile()) {
            return other.source() + " is no ELF file"
                    + (SOURCE.matcher(other.source()).matches() ? ": pulpo build makes one from C" : "");
        }
        if (failure instanceof MalformedElfException foreign && foreign.isOtherArchitecture()) {
            return foreign.source() + " is for another machine than x86-64: it has not " + foreign.expected();
        }
        String message = String.valueOf(failure.getMessage());
        return failure.getCause() instanceof FileSystemException cause
                && message.contains(String.valueOf(cause.getMessage())) ? RawText.asData(message) : message;
    }

    /** The JDK's message often is the name of the file alone. */
    private static String of(FileSystemException failure, String file) {
        return switch (failure) {
            case NoSuchFileException missing -> file + " does not exist";
            case AccessDeniedException denied -> file + ": permission denied";
            case NotDirectoryException other -> file + " is no directory";
            case FileAlreadyExistsException there -> file + " exists already";
            default -> RawText.asData(String.valueOf(failure.getMessage()));
        };
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
