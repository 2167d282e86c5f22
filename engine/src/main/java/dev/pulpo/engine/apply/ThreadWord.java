package dev.pulpo.engine.apply;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.trace.StubCalls;
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
 * The word that every thread of a process has for a tool to mark it with. It belongs to an object of its own, which is loaded
 * when it is needed first: the C library has little room for words that lie at the same offset in all threads, and versions
 * of glibc before 2.34 may abort where an object with such a word is loaded while another thread makes a thread (bug 19329).
 *
 * @param offset from the thread pointer
 */
record ThreadWord(int offset) {
    /** Static thread-local storage takes a few kilobytes; a thread pointer less this is an address of the process still. */
    private static final long FARTHEST = 64 << 20;

    /** The word of the process, if it has one. */
    static Optional<ThreadWord> find(ProcessImage image, TargetMemory memory) {
        return image.objects().stream().flatMap(object -> object.exported(StubLayout.THREAD_SYMBOL).stream())
                .findFirst()
                .map(address -> read(image.pid(), memory, address));
    }

    static ThreadWord read(int pid, TargetMemory memory, RemoteAddress address) {
        byte[] bytes = Bytes.read(memory, address, StubLayout.THREAD_BYTES);
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
     * The word of the process, which is given to it first where it has none.
     *
     * @throws RefusedException where its loader has no room for it
     */
    static ThreadWord of(Session session, Registry registry, long deadline) {
        Optional<ThreadWord> there = find(session.image(), session.memory());
        if (there.isPresent()) {
            return there.get();
        }
        Path file = StubFile.threadWord();
        ByteSource content = ByteSource.of(Stub.threadWordBytes());
        StubCalls.LoadResult result = session.borrowing(registry, deadline,
                calls -> calls.load(file, content, file));
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
