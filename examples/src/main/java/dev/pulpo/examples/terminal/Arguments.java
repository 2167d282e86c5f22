package dev.pulpo.examples.terminal;

import dev.pulpo.elf.RawText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of this program as they were typed. The JVM decodes them by the locale and loses what it cannot decode:
 * under {@code LC_ALL=C} all that is not ASCII, elsewhere all that is not UTF-8. The kernel has the bytes
 * (proc_pid_cmdline(5)).
 */
public final class Arguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private Arguments() {}

    /**
     * The arguments as {@link RawText}.
     *
     * @param decoded what {@code main} was given
     */
    public static String[] of(String... decoded) {
        if (areCertain(decoded)) {
            return decoded;
        }
        try {
            List<String> all = split(Files.readAllBytes(COMMAND_LINE));
            int before = all.size() - decoded.length;
            if (before >= 0 && fit(decoded, all.subList(before, all.size()))) {
                return all.subList(before, all.size()).toArray(String[]::new);
            }
        } catch (IOException unreadable) {
            // Fall back to the arguments as the JVM decoded them.
        }
        return List.of(decoded).stream().map(RawText::asData).toArray(String[]::new);
    }

    /** Uses loops, because streams are slow in a JVM that has just started. */
    private static boolean areCertain(String... arguments) {
        for (String argument : arguments) {
            if (!isCertain(argument)) {
                return false;
            }
        }
        return true;
    }

    /** The JVM replaces what it cannot decode by a question mark or U+FFFD. */
    private static boolean isCertain(String argument) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c < ' ' || c >= 0x7f || c == '?') {
                return false;
            }
        }
        return true;
    }

    private static List<String> split(byte[] bytes) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                parts.add(RawText.decode(bytes, start, i - start));
                start = i + 1;
            }
        }
        return parts;
    }

    /** Whether these are the same arguments: the JVM may have taken some from a file. */
    private static boolean fit(String[] decoded, List<String> raw) {
        for (int i = 0; i < decoded.length; i++) {
            if (isCertain(decoded[i]) && !decoded[i].equals(raw.get(i))) {
                return false;
            }
        }
        return true;
    }
}
