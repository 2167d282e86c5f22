package dev.pulpo.x86.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Compares the text of all instructions of files, or of all programs and libraries of the machine, with objdump's in both
 * syntaxes: {@code examples/bin/compare-disassembly [FILE...]}.
 */
final class FullTextComparison {
    private static final int REPORTED = 60;

    private FullTextComparison() {}

    /** Exits with 1 if something differs. */
    public static void main(String[] args) throws IOException {
        long limit = Long.getLong("limit", Long.MAX_VALUE);
        List<Path> files = args.length > 0
                ? Stream.of(args).map(Path::of).toList()
                : ofTheMachine();
        boolean different = false;
        for (Syntax syntax : Syntax.values()) {
            TextComparison comparison = new TextComparison(syntax);
            for (Path file : files) {
                comparison.compare(limit, "-d", file.toString());
            }
            System.out.println(comparison);
            System.out.print(comparison.report(Integer.getInteger("kinds", REPORTED)));
            different |= comparison.different + comparison.bad + comparison.unnamed > 0;
        }
        System.exit(different ? 1 : 0);
    }

    private static List<Path> ofTheMachine() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String directory : List.of("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec")) {
            try (Stream<Path> entries = Files.walk(Path.of(directory))) {
                entries.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).sorted()
                        .filter(FullTextComparison::isElf64).forEach(files::add);
            }
        }
        return files;
    }

    /** Whether it is an x86-64 ELF file: e_machine is at 18, and 62 (gABI, "ELF Header"). */
    private static boolean isElf64(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] header = in.readNBytes(20);
            return header.length == 20 && header[0] == 0x7f && header[1] == 'E' && header[4] == 2 && header[18] == 62;
        } catch (IOException e) {
            return false;
        }
    }
}
