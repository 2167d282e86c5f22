package dev.pulpo.examples.terminal;

import dev.pulpo.elf.VisibleText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Writes text for people. Line feeds, tabs and {@link Mark}s come from Pulpo alone: names and messages of other programs
 * hold none (see {@link dev.pulpo.elf.RawText}). Everything else that {@link VisibleText} would not show becomes an escape,
 * and so does what the stream's encoding lacks.
 */
final class VisibleWriter extends Writer {
    private static final int BUFFER_LIMIT = 8192;

    private final OutputStream out;
    private final Charset charset;
    private final CharsetEncoder encoder;
    private final StringBuilder text = new StringBuilder();
    /** A high surrogate that waits for its low surrogate, or 0. */
    private char half;
    private Optional<IOException> failure = Optional.empty();

    VisibleWriter(OutputStream out, Charset charset) {
        this.out = out;
        this.charset = charset;
        encoder = charset.newEncoder();
    }

    /** Why something could not be written. */
    Optional<IOException> failure() {
        return failure;
    }

    @Override
    public void write(char[] characters, int from, int count) throws IOException {
        for (int i = from; i < from + count; i++) {
            char c = characters[i];
            if (half != 0) {
                if (Character.isLowSurrogate(c)) {
                    put(Character.toCodePoint(half, c));
                    half = 0;
                    continue;
                }
                put(half);
                half = 0;
            }
            if (Character.isHighSurrogate(c)) {
                half = c;
            } else {
                put(c);
            }
        }
        if (text.length() > BUFFER_LIMIT) {
            writeOut();
        }
    }

    private void put(int point) {
        if (point >= ' ' && point < 0x7f || point == '\n' || point == '\t') {
            text.append((char) point);
        } else if (!Mark.sequence(point).isEmpty()) {
            text.append(Mark.sequence(point));
        } else if (VisibleText.isVisible(point) && canEncode(point)) {
            text.appendCodePoint(point);
        } else {
            text.append(VisibleText.escape(point));
        }
    }

    private boolean canEncode(int point) {
        return charset.equals(StandardCharsets.UTF_8) || encoder.canEncode(Character.toString(point));
    }

    private void writeOut() throws IOException {
        byte[] bytes = text.toString().getBytes(charset);
        text.setLength(0);
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            if (failure.isEmpty()) {
                failure = Optional.of(e);
            }
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        if (half != 0) {
            put(half);
            half = 0;
        }
        if (!text.isEmpty()) {
            writeOut();
        }
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}
