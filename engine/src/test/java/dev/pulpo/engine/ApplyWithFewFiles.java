package dev.pulpo.engine;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A tool that applies a patch and takes it back, again and again: with one more file that it can open each time, until it
 * can. Prints what comes of it each time. Arguments: pid, patch.
 */
final class ApplyWithFewFiles {
    private static final int MOST = 40;

    private ApplyWithFewFiles() {}

    public static void main(String[] arguments) throws Exception {
        int pid = Integer.parseInt(arguments[0]);
        LivePatch patch = LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer");
        // What is loaded and compiled on the way needs files of its own.
        System.out.println(attempt(pid, patch));
        System.out.println(attempt(99_999_999, patch));
        for (int free = 0; free < MOST; free++) {
            String outcome;
            Hoard hoard = new Hoard(free);
            try {
                outcome = attempt(pid, patch);
            } finally {
                hoard.close();
            }
            System.out.println(outcome);
            try (LiveProcess process = LiveProcess.attach(pid)) {
                for (AppliedPatch left : process.patches()) {
                    System.out.println("left " + left.status());
                    process.revert(left.id());
                }
            }
            if (outcome.equals("done")) {
                return;
            }
        }
    }

    private static String attempt(int pid, LivePatch patch) throws IOException {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            process.apply(patch);
            process.revert(patch.id());
            return "done";
        } catch (RuntimeException | IOException e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    /** All the files that may be opened, but for some. */
    private static final class Hoard {
        private final Deque<FileInputStream> files = new ArrayDeque<>();

        @SuppressWarnings("EmptyCatch") // that is what it is for
        Hoard(int free) throws IOException {
            try {
                while (true) {
                    files.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException full) {}
            for (int i = 0; i < free; i++) {
                files.remove().close();
            }
        }

        void close() throws IOException {
            for (FileInputStream file : files) {
                file.close();
            }
        }
    }
}
