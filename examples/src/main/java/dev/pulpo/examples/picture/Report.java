package dev.pulpo.examples.picture;

import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.TimelineRecorder;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;

/** The option {@code --report}: draws the time line of a command, also of one that fails. */
public final class Report {
    @CommandLine.Option(names = "--report", paramLabel = "FILE.svg", description = "draw the time line of the operation into this file: what the tool did, and which thread paused when and for how long")
    private Optional<Path> file = Optional.empty();

    private final List<String> notes = new ArrayList<>();
    private Optional<TimelineRecorder> recorder = Optional.empty();
    private Optional<Writer> out = Optional.empty();

    /** Work that the report is about. */
    @FunctionalInterface
    public interface Work<X extends Exception> {
        /** Does it, and returns the exit status. */
        int run() throws IOException, X;
    }

    /**
     * Does work, and draws what happened, even if it fails. If the file cannot be written, the work is not begun.
     *
     * @param title   what is done
     * @param message the message of a failure
     */
    public <X extends Exception> int of(String title, Work<X> work, Function<Exception, String> message)
            throws IOException, X {
        begin();
        int status;
        try {
            status = work.run();
        } catch (IOException | RuntimeException failed) {
            note(message.apply(failed));
            try {
                end(title);
            } catch (IOException unwritten) {
                failed.addSuppressed(unwritten);
            }
            throw failed;
        }
        end(title);
        return status;
    }

    private void begin() throws IOException {
        if (file.isPresent()) {
            out = Optional.of(Files.newBufferedWriter(file.get(), StandardCharsets.UTF_8));
            recorder = Optional.of(new TimelineRecorder());
        }
    }

    /** Who is to be told of the operations; {@link OperationListener#NONE} if there is to be no report. */
    public OperationListener listener() {
        return recorder.<OperationListener>map(known -> known).orElse(OperationListener.NONE);
    }

    /** Adds a line for the report. */
    public synchronized void note(String line) {
        if (out.isPresent()) {
            notes.add(line);
        }
    }

    private void end(String title) throws IOException {
        if (out.isPresent() && recorder.isPresent()) {
            if (recorder.get().omitted() > 0) {
                note(Amount.count(recorder.get().omitted()) + " pauses of threads are left out: they were too many");
            }
            try (Writer writer = out.get()) {
                writer.write(TimelinePicture.of(title, notes, recorder.get().timelines()));
            }
        }
    }
}
