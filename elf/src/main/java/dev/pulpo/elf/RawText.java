package dev.pulpo.elf;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Text that somebody else has chosen, such as names in files and of processes: any bytes at all. As a string it is what it says
 * in UTF-8, except that these bytes become unpaired surrogates, U+DC00 plus the byte:
 *
 * <ul>
 * <li>those that are no UTF-8, as in PEP 383 ("surrogateescape"),
 * <li>control characters (0x00 to 0x1f and 0x7f). So a line feed or an escape sequence in a string of ours is our own, and
 * nobody's name can forge a line.
 * </ul>
 *
 * <p>No byte is lost: {@link #encode} gives them back. {@link VisibleText} shows such a string to people.
 */
public final class RawText {
    /** U+DC00 stands for the byte 0, and so on. */
    private static final char BYTE = 0xdc00;

    /** No directory, so that {@link Path#toUri}, which looks whether a path leads to one, looks no further. */
    private static final Path NO_DIRECTORY = Path.of("/dev/null");
    private static final int URI_PREFIX = "/dev/null/".length();

    private RawText() {}

    /** What bytes say. */
    public static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    /** What some bytes say. */
    public static String decode(byte[] bytes, int from, int length) {
        return decode(bytes, from, length, false);
    }

    /** As {@link #decode(byte[])}, for a text of several lines: their ends stay line feeds. */
    public static String decodeLines(byte[] bytes) {
        return decode(bytes, 0, bytes.length, true);
    }

    private static String decode(byte[] bytes, int from, int length, boolean lines) {
        int end = from + length;
        int at = from;
        while (at < end && isPlain(bytes[at], lines)) {
            at++;
        }
        if (at == end) {
            return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        }
        StringBuilder text = new StringBuilder(length).append(new String(bytes, from, at - from,
                StandardCharsets.ISO_8859_1));
        while (at < end) {
            int size = bytes[at] < 0 ? sequence(bytes, at, end) : 0;
            if (size > 0) {
                text.append(new String(bytes, at, size, StandardCharsets.UTF_8));
                at += size;
            } else {
                int value = bytes[at] & 0xff;
                text.append((char) (isPlain(bytes[at], lines) ? value : BYTE + value));
                at++;
            }
        }
        return text.toString();
    }

    private static boolean isPlain(byte value, boolean lines) {
        return value >= ' ' && value != 0x7f || lines && value == '\n';
    }

    /** The length of the UTF-8 sequence of two bytes or more that begins here, or 0 (Unicode 15, table 3-7). */
    private static int sequence(byte[] bytes, int at, int end) {
        int first = bytes[at] & 0xff;
        int size = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (size == 0 || end - at < size) {
            return 0;
        }
        int second = bytes[at + 1] & 0xff;
        int least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        int most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (second < least || second > most) {
            return 0;
        }
        for (int i = 2; i < size; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return size;
    }

    /** The bytes of a text: those that it was decoded from, and UTF-8 otherwise. */
    public static byte[] encode(String text) {
        int at = 0;
        while (at < text.length() && !Character.isSurrogate(text.charAt(at))) {
            at++;
        }
        if (at == text.length()) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(2 * text.length());
        int start = 0;
        while (at < text.length()) {
            int point = text.codePointAt(at);
            int next = at + Character.charCount(point);
            if (isByte(point)) {
                bytes.writeBytes(text.substring(start, at).getBytes(StandardCharsets.UTF_8));
                bytes.write(byteOf(point));
                start = next;
            }
            at = next;
        }
        bytes.writeBytes(text.substring(start).getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    /** Whether a code point stands for a byte. */
    public static boolean isByte(int codePoint) {
        return codePoint >= BYTE && codePoint <= BYTE + 0xff;
    }

    /** The byte that a code point stands for, from 0 to 255. */
    public static int byteOf(int codePoint) {
        return codePoint - BYTE;
    }

    /**
     * The same text with all its control characters as data. For what comes from elsewhere as a string already, such as the
     * messages of the JDK, which hold names of files as they are.
     */
    public static String asData(String text) {
        StringBuilder data = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f) {
                data.setCharAt(i, (char) (BYTE + c));
            }
        }
        return data.toString();
    }

    /** The same text with its tabs as tabs, for lines that somebody has laid out with them. */
    public static String withTabs(String text) {
        return text.replace((char) (BYTE + '\t'), '\t');
    }

    /** The path of these bytes, whatever the locale: {@link Path#of} takes only characters that it has. */
    public static Path path(String text) {
        if (isAscii(text)) {
            return Path.of(text);
        }
        StringBuilder uri = new StringBuilder("file:///");
        for (byte value : encode(text)) {
            if (value == 0) {
                throw new InvalidPathException(text, "a path has no NUL");
            } else if (value != '/') {
                uri.append('%').append(HexFormat.of().toHexDigits(value));
            } else if (uri.charAt(uri.length() - 1) != '/') {
                uri.append('/');
            }
        }
        Path absolute = Path.of(URI.create(uri.toString()));
        return text.startsWith("/") ? absolute : relative(absolute);
    }

    /** The bytes of a path, whatever the locale: its own string has only characters that it knows. */
    public static String of(Path path) {
        String text = path.toString();
        if (isAscii(text)) {
            return text;
        }
        String uri = NO_DIRECTORY.resolve(path.isAbsolute() ? relative(path) : path).toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (path.isAbsolute()) {
            bytes.write('/');
        }
        for (int i = URI_PREFIX; i < uri.length(); i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(uri, i + 1, i + 3));
                i += 2;
            } else {
                bytes.write(uri.charAt(i));
            }
        }
        return decode(bytes.toByteArray());
    }

    /** Without the slash at its beginning, and all else as it is. */
    private static Path relative(Path absolute) {
        return absolute.subpath(0, absolute.getNameCount());
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
