package dev.pulpo.x86.text;

import dev.pulpo.x86.Encodings;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Compares the text of all encodings with objdump's: {@code legacy}, {@code vex} or {@code evex}. */
final class EncodingsComparison {
    private EncodingsComparison() {}

    public static void main(String[] args) throws IOException {
        for (String kind : args) {
            for (Syntax syntax : Syntax.values()) {
                TextComparison comparison = compare(kind, syntax, Integer.getInteger("step", 1));
                System.out.println(kind + " " + comparison);
                System.out.print(comparison.report(Integer.getInteger("kinds", 60)));
            }
        }
    }

    /** Compares every {@code step}th encoding. */
    static TextComparison compare(String kind, Syntax syntax, int step) throws IOException {
        Path file = Files.createTempFile("encodings", ".bin");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
                int[] number = {0};
                Consumer<byte[]> sink = record -> {
                    if (number[0]++ % step == 0) {
                        write(out, record);
                    }
                };
                switch (kind) {
                    case "legacy" -> Encodings.legacy(sink);
                    case "vex" -> Encodings.vex(sink);
                    case "evex" -> Encodings.evex(sink);
                    default -> throw new IllegalArgumentException(kind);
                }
            }
            TextComparison comparison = new TextComparison(syntax);
            comparison.onlyAt = Encodings.RECORD;
            comparison.compare(Long.MAX_VALUE, "-D", "-b", "binary", "-mi386:x86-64", file.toString());
            return comparison;
        } finally {
            Files.delete(file);
        }
    }

    private static void write(OutputStream out, byte[] record) {
        try {
            out.write(record);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
