package dev.pulpo.engine.store;

import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.target.LoaderList;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Sees from outside whether a dynamic loader is done, and whether it has loaded or removed anything since. New objects are
 * appended to the loader's list ({@code link_map} of link.h). So its last element is read, with one system call
 * (process_vm_readv(2)); nothing is stopped. Thread-safe.
 */
public final class LoaderPoll {
    private static final int ROOT_BYTES = 40;
    private static final int ELEMENT_BYTES = 40;
    /** In {@code r_debug}: the padding after {@code r_version} and {@code r_state} is left out. */
    private static final int STATE_OFFSET = 24;
    /** {@code RT_CONSISTENT}. */
    private static final int CONSISTENT = 0;
    /** Entry of the auxiliary vector with the place of the loader; 0 for static programs (getauxval(3)). */
    private static final long AT_BASE = 7;

    private final ThreadLocal<ScatteredRead> reads = ThreadLocal
            .withInitial(() -> new ScatteredRead(ROOT_BYTES + ELEMENT_BYTES, Arena.ofAuto()));

    /**
     * A process whose loader was done.
     *
     * @param tid       a thread that lived
     * @param auxiliary the auxiliary vector, which is that of one executed program
     * @param root      remote address of {@code r_debug}; 0 for a static program
     * @param last      remote address of the last element of the list
     * @param content   of both
     */
    public record Loaded(int tid, String auxiliary, long root, long last, LongBuffer content) {
        /** Whether it is a thread of the kernel, which loads nothing. */
        private boolean isOfTheKernel() {
            return auxiliary.isEmpty();
        }
    }

    /**
     * The state of a process.
     *
     * @return empty while the loader is at work, where its list cannot be read, and where the process has ended
     */
    public Optional<Loaded> find(int pid) {
        try {
            int tid = ProcFs.anyLiveThread(pid);
            String auxiliary = auxiliary(pid, tid);
            if (!hasLoader(auxiliary)) {
                return Optional.of(new Loaded(tid, auxiliary, 0, 0, LongBuffer.allocate(0)));
            }
            try (TraceeMemory memory = PtraceAccess.openMemory(pid)) {
                Optional<LoaderList> list = LoaderList.read(pid, tid, memory);
                if (list.isEmpty()) {
                    return Optional.empty();
                }
                long last = list.get().entries().stream().filter(entry -> entry.listing().namespace() == 0)
                        .reduce((first, second) -> second).orElseThrow().map();
                return content(tid, list.get().root(), last)
                        .filter(words -> (int) words.get(STATE_OFFSET / Long.BYTES) == CONSISTENT)
                        .map(words -> new Loaded(tid, auxiliary, list.get().root(), last, words));
            }
        } catch (PulpoException | IOException gone) {
            return Optional.empty();
        }
    }

    /** Whether a process has loaded and removed nothing since it was seen, and has executed no other program. */
    public boolean isUnchanged(int pid, Loaded seen) {
        if (seen.isOfTheKernel()) {
            return true;
        }
        if (seen.root != 0) {
            return content(seen.tid, seen.root, seen.last).filter(now -> now.equals(seen.content)).isPresent();
        }
        try {
            return auxiliary(pid, seen.tid).equals(seen.auxiliary);
        } catch (IOException gone) {
            return false;
        }
    }

    private Optional<LongBuffer> content(int tid, long root, long last) {
        ScatteredRead read = reads.get();
        read.clear();
        read.add(root, ROOT_BYTES);
        read.add(last, ELEMENT_BYTES);
        read.read(tid);
        if (!read.isComplete(0) || !read.isComplete(1)) {
            return Optional.empty();
        }
        long[] words = read.bytes().asSlice(0, ROOT_BYTES + ELEMENT_BYTES).toArray(ValueLayout.JAVA_LONG);
        // Padding may hold anything.
        words[0] = (int) words[0];
        words[STATE_OFFSET / Long.BYTES] = (int) words[STATE_OFFSET / Long.BYTES];
        return Optional.of(LongBuffer.wrap(words));
    }

    private static String auxiliary(int pid, int tid) throws IOException {
        return ProcFile.readRecord(ProcFs.thread(pid, tid).resolve("auxv"), StandardCharsets.ISO_8859_1);
    }

    private static boolean hasLoader(String auxiliary) {
        ByteBuffer vector = ByteBuffer.wrap(auxiliary.getBytes(StandardCharsets.ISO_8859_1))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (vector.remaining() >= 2 * Long.BYTES) {
            if (vector.getLong() == AT_BASE) {
                return vector.getLong() != 0;
            }
            vector.getLong();
        }
        return false;
    }
}
