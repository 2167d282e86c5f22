package dev.pulpo.elf;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Untrusted text, such as names in files and of processes, which may be any bytes. It is decoded as UTF-8, except that
 * these bytes become unpaired surrogates, U+DC00 plus the byte:
 *
 * <ul>
 * <li>bytes that are not UTF-8, as in PEP 383 ("surrogateescape"),
 * <li>control characters (0x00 to 0x1f and 0x7f). So a line feed or an escape sequence in a string comes from Pulpo, and
 * no name can forge a line.
 * </ul>
 *
 * <p>No byte is lost: {@link #encode} restores them. {@link VisibleText} shows such a string to people.
 */
public final class RawText {
    /** U+DC00 represents the byte 0, and so on. */
    private static final char BYTE = 0xdc00;

    /** Not a directory, so that {@link Path#toUri} need not check whether a path below it is one. */
    private static final Path NO_DIRECTORY = Path.of("/dev/null");
    private static final int URI_PREFIX = "/dev/null/".length();

    private RawText() {}

    /** Decodes bytes. */
    public static String decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    /** Decodes some of the bytes. */
    public static String decode(byte[] bytes, int from, int length) {
        return decode(bytes, from, length, false);
    }

    /** As {@link #decode(byte[])}, but line feeds remain line feeds. */
    public static String decodeLines(byte[] bytes) {
        return decode(bytes, 0, bytes.length, true);
    }

    /** Decodes a string of C: the bytes before the first NUL, or all if there is none. */
    public static String decodeString(byte[] bytes) {
        return decode(bytes, 0, lengthOfString(bytes));
    }

    /** How many bytes come before the first NUL; all if there is none. */
    public static int lengthOfString(byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return length;
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

    /** The length of the multi-byte UTF-8 sequence that begins here, or 0 (Unicode 15, table 3-7). */
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

    /** Whether a code point represents a byte. */
    public static boolean isByte(int codePoint) {
        return codePoint >= BYTE && codePoint <= BYTE + 0xff;
    }

    /** The byte that a code point represents, from 0 to 255. */
    public static int byteOf(int codePoint) {
        return codePoint - BYTE;
    }

    /**
     * The same text with its control characters as data. For text that is already a string, such as messages of the JDK,
     * which contain file names unescaped.
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

    /** The same text with real tabs, for lines that tabs lay out. */
    public static String withTabs(String text) {
        return text.replace((char) (BYTE + '\t'), '\t');
    }

    /** The path of these bytes in any locale; {@link Path#of} accepts only characters of the locale. */
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

    /** The bytes of a path in any locale; {@link Path#toString} has only characters of the locale. */
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

    /** The same path without the slash at its beginning. */
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
