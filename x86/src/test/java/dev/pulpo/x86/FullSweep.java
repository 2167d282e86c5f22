package dev.pulpo.x86;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@link ObjdumpSweep} over every x86-64 ELF file of a directory tree, which takes half an hour for a large system:
 *
 * <pre>
 *   ./mvnw -q -B -pl x86 test-compile
 *   java -cp x86/target/classes:x86/target/test-classes dev.pulpo.x86.FullSweep / 0 4
 * </pre>
 *
 * <p>The two numbers are optional and choose one part of so many, each of about the same size. The exit status is 0 if
 * nothing differs without an explanation. It says how far it is every now and then; files that vanish meanwhile are left out.
 */
final class FullSweep {
    private static final long REPORT_NANOS = 60_000_000_000L;

    private FullSweep() {}

    private record Sized(Path path, long size) {}

    /** See above. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int part = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
        int parts = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
        List<Sized> files = find(Path.of(arguments[0]));
        ObjdumpSweep sweep = new ObjdumpSweep();
        int compared = 0;
        int vanished = 0;
        long reported = System.nanoTime();
        for (int i = part; i < files.size(); i += parts) {
            Path file = files.get(i).path;
            try {
                sweep.compare(file, Long.MAX_VALUE / 2);
                compared++;
            } catch (IOException | RuntimeException failed) {
                if (Files.exists(file)) {
                    throw failed;
                }
                vanished++;
            }
            if (System.nanoTime() - reported > REPORT_NANOS) {
                reported = System.nanoTime();
                System.out.println("so far " + compared + " files: " + sweep);
            }
        }
        System.out.println("part " + part + " of " + parts + ", " + compared + " files, " + vanished
                + " have vanished: " + sweep);
        sweep.reports.forEach(System.out::println);
        System.exit(sweep.unexplained == 0 ? 0 : 1);
    }

    /** All files below, each inode once, the largest first. */
    private static List<Sized> find(Path root) throws IOException {
        List<Sized> found = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return Set.of(Path.of("/proc"), Path.of("/sys"), Path.of("/dev")).contains(directory)
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                Object key = attributes.fileKey();
                if (attributes.isRegularFile() && (key == null || seen.add(key)) && ObjdumpSweep.isElf64(file)) {
                    found.add(new Sized(file, attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(Comparator.comparingLong(Sized::size).reversed().thenComparing(Sized::path));
        return found;
    }
}
