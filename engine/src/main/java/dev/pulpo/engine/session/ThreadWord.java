package dev.pulpo.engine.session;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.borrow.NamedFile;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.Stub;
import dev.pulpo.stub.StubLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The word in thread-local storage that marks each thread. A separate object provides it and is loaded on demand, for
 * two reasons. The C library reserves little space for words at the same offset in all threads. Versions of glibc
 * before 2.34 may abort when an object with such a word is loaded while another thread creates a thread (bug 19329).
 *
 * @param offset from the thread pointer
 */
public record ThreadWord(int offset) {
    /**
     * Static thread-local storage takes a few kilobytes. The thread pointer minus this is still an address of the
     * process.
     */
    private static final long FARTHEST = 64 << 20;

    /** The word of the process, if it has one. */
    public static Optional<ThreadWord> find(ProcessImage image, TargetMemory memory) {
        return image.objects().stream().flatMap(object -> object.exported(StubLayout.THREAD_SYMBOL).stream())
                .findFirst()
                .map(address -> read(image.pid(), memory, address));
    }

    static ThreadWord read(int pid, TargetMemory memory, RemoteAddress address) {
        byte[] bytes = memory.bytes(address, StubLayout.THREAD_BYTES);
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = StubLayout.THREAD_MAGIC.getBytes(StandardCharsets.US_ASCII);
        int version = fields.getInt(StubLayout.THREAD_VERSION);
        long offset = fields.getLong(StubLayout.THREAD_OFFSET);
        if (!Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length)
                || version != StubLayout.CURRENT_THREAD_VERSION
                || fields.getInt(StubLayout.THREAD_SIZE) != StubLayout.THREAD_BYTES || offset >= 0
                || offset < -FARTHEST) {
            throw new TargetUnreadableException(pid, "what describes the threads' word, at " + address
                    + ", has version " + version + " and offset " + offset + "; this library knows version "
                    + StubLayout.CURRENT_THREAD_VERSION + ": use the Pulpo that loaded it");
        }
        return new ThreadWord((int) offset);
    }

    /**
     * The word of the process; loads the object first where it is missing.
     *
     * @throws RefusedException where the target's loader has no space for it
     */
    public static ThreadWord of(Session session) {
        Optional<ThreadWord> there = find(session.image(), session.memory());
        if (there.isPresent()) {
            return there.get();
        }
        Path file = StubFile.threadWord();
        ByteSource content = ByteSource.of(Stub.threadWordBytes());
        NamedFile named = NamedFile.of(session.image(), file, file);
        StubCalls.LoadResult result = session.borrowing(calls -> calls.load(named, content));
        if (result instanceof StubCalls.LoadResult.Failed failed) {
            throw new RefusedException(session.pid(),
                    new Refusal.LoaderRefused(RawText.of(file), failed.message()));
        }
        if (session.refreshImage().loadedFor(StubLayout.THREAD_SYMBOL, content).isEmpty()) {
            throw new RefusedException(session.pid(), new Refusal.OtherFileLoaded(RawText.of(file)));
        }
        return find(session.image(), session.memory()).orElseThrow(() -> new TargetUnreadableException(
                session.pid(), RawText.of(file) + " was loaded and cannot be found"));
    }
}
