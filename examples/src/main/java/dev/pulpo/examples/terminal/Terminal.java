package dev.pulpo.examples.terminal;

import dev.pulpo.elf.RawText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;

/** The standard streams of this program. They escape whatever could harm the terminal in text from other programs. */
public final class Terminal {
    /** The descriptors of the standard streams. */
    public static final int OUTPUT = 1;
    private static final int ERRORS = 2;

    private static final VisibleWriter WRITER = new VisibleWriter(new FileOutputStream(FileDescriptor.out),
            System.out.charset());
    private static final PrintWriter OUT = new PrintWriter(WRITER, true);
    private static final PrintWriter ERR = new PrintWriter(
            new VisibleWriter(new FileOutputStream(FileDescriptor.err), System.err.charset()), true);

    private Terminal() {}

    /** Where results go. */
    public static PrintWriter out() {
        return OUT;
    }

    /** Where error messages go. */
    public static PrintWriter err() {
        return ERR;
    }

    /** Whether a person sees the output and the messages. */
    public static boolean isWatched() {
        return isTerminal(OUTPUT) && isTerminal(ERRORS);
    }

    /** Whether a stream of this process leads to a terminal (console(4), tty(4), pts(4)). */
    public static boolean isTerminal(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(descriptor))).toString()
                    .matches("/dev/(pts/\\d+|tty\\w*|console)");
        } catch (IOException closed) {
            return false;
        }
    }

    /** Whether all characters can be written to the standard output. */
    public static boolean isUnicode() {
        return System.out.charset().equals(StandardCharsets.UTF_8);
    }

    /** Makes a command line print here, and accept any bytes in paths. All its commands must have been added before. */
    public static CommandLine connect(CommandLine line) {
        // picocli's own colours could not be told from escape sequences in a name.
        return line.setOut(OUT).setErr(ERR)
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .registerConverter(Path.class, RawText::path);
    }

    /** Flushes the output, and returns the first failure to write. */
    public static Optional<String> failure() {
        OUT.flush();
        return WRITER.failure()
                .map(reason -> "the output could not be written: "
                        + RawText.asData(String.valueOf(reason.getMessage())));
    }
}
