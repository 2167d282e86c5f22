package dev.pulpo.engine.session;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.NearGap;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Memory for trampolines, within reach of jumps with a displacement of 32 bits. */
public final class TrampolineMemory {
    /** Other threads map memory, too. Each try searches for a gap again. */
    private static final int TRIES = 8;

    private TrampolineMemory() {}

    /**
     * Maps memory that is executable and, for the process, not writable.
     *
     * @param bytes a multiple of the page size
     * @throws RefusedException where no gap is near enough, or the kernel refuses
     */
    public static TrampolineBlock map(Session session, LoadedObject target, long bytes) {
        if (bytes == 0) {
            return TrampolineBlock.NONE;
        }
        int error = 0;
        for (int i = 0; i < TRIES; i++) {
            Optional<RemoteAddress> place = NearGap.find(session.refreshImage().map(), target, bytes);
            if (place.isEmpty()) {
                throw refused(session, target, "no " + bytes + " bytes are free within 2 GiB of it");
            }
            RemoteAddress address = place.get();
            error = session.borrowing(calls -> calls.mapCode(address, bytes));
            if (error == 0) {
                return new TrampolineBlock(address, bytes);
            }
            if (error != Errno.EEXIST) {
                break;
            }
        }
        throw refused(session, target, "mmap: " + Errno.name(error));
    }

    private static RefusedException refused(Session session, LoadedObject target, String reason) {
        return new RefusedException(session.pid(), new Refusal.NoTrampoline(target.path(), reason));
    }

    /**
     * Unloads a patch and unmaps its trampolines. The patch comes first: where the loader keeps it, the trampolines
     * stay.
     *
     * @param handle what {@code dlopen} returned for it
     * @return an empty string, or why memory stays
     */
    public static String unload(StubCalls calls, RemoteAddress handle, TrampolineBlock block) {
        String kept = calls.unload(handle);
        return kept.isEmpty() ? unmap(calls, block) : kept;
    }

    /**
     * Unloads a recorded patch that is out of force. The record becomes UNLOADED first: if a tool died between the two,
     * the next tool would otherwise close the handle again, and unmap memory that may belong to others by then. At
     * worst memory stays. A record may be forged, so its handle and its range are checked before the loader and the
     * kernel get them.
     */
    public static String unload(Session session, StubCalls calls, Registry.StoredRecord record) {
        String objection = objection(session, record.patch());
        if (!objection.isEmpty()) {
            return objection;
        }
        if (isDue(session, record)) {
            return "a callback of it has ended only now, and its counterpart is to be called first";
        }
        unusedShadows(session.ledger().now(), record).forEach(calls::dropShadows);
        session.ledger().setState(record, PatchRecord.State.UNLOADED);
        String kept = calls.unload(record.patch().handle());
        if (kept.isEmpty()) {
            return unmap(calls, record.patch().trampolines());
        }
        session.ledger().setState(record, PatchRecord.State.REVERTED);
        return kept;
    }

    /** Whether a callback is to be called. A thread is borrowed, so no earlier callback still runs. */
    private static boolean isDue(Session session, Registry.StoredRecord record) {
        return record.patch().declared().callbacks().exist()
                && session.ledger().read().numbered(record.number()).filter(now -> now.patch().due().isPresent())
                        .isPresent();
    }

    /** Ids of shadow variables that no other loaded patch declares. */
    private static List<Long> unusedShadows(Registry registry, Registry.StoredRecord record) {
        return record.patch().declared().shadows().stream().filter(id -> registry.records().stream()
                .filter(other -> !other.equals(record) && other.patch().state() != PatchRecord.State.UNLOADED)
                .noneMatch(other -> other.patch().declared().shadows().contains(id))).toList();
    }

    /** Why a record cannot be that of a patch that is loaded; empty if it may be. */
    public static String objection(Session session, PatchRecord patch) {
        if (!isHandle(session.memory(), patch)) {
            return "its record names " + patch.handle() + " as what dlopen returned, and no object of the bias 0x"
                    + Long.toHexString(patch.bias()) + " is there";
        }
        if (!isMappedCode(session, patch.trampolines())) {
            return "its record names " + patch.trampolines().bytes() + " bytes at " + patch.trampolines().start()
                    + " as its trampolines, and other memory is there";
        }
        return "";
    }

    /**
     * A handle of dlopen points to a {@code struct link_map}, which begins with the bias (link.h); musl's does, too.
     */
    private static boolean isHandle(TargetMemory memory, PatchRecord patch) {
        try {
            return patch.handle().hasRoomFor(Long.BYTES) && ByteBuffer.wrap(memory.bytes(patch.handle(), Long.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN).getLong() == patch.bias();
        } catch (SystemCallException unmapped) {
            return false;
        }
    }

    /** Whether all of it is anonymous, executable, read-only memory, as trampolines are. True for no memory. */
    private static boolean isMappedCode(Session session, TrampolineBlock block) {
        if (block.isEmpty()) {
            return true;
        }
        MemoryMap map = session.mapNow();
        RemoteAddress at = block.start();
        while (at.compareTo(block.end()) < 0) {
            Optional<Mapping> mapping = map.find(at)
                    .filter(found -> found.isExecutable() && !found.isWritable() && found.isAnonymous());
            if (mapping.isEmpty()) {
                return false;
            }
            at = mapping.get().end();
        }
        return true;
    }

    private static String unmap(StubCalls calls, TrampolineBlock block) {
        int error = block.isEmpty() ? 0 : calls.unmap(block.start(), block.bytes());
        return error == 0 ? "" : "munmap of the trampolines at " + block.start() + ": " + Errno.name(error);
    }

    /** The code of a patch and its trampolines. No thread can return to its data. */
    public static List<CodeRanges.Range> rangesOf(PatchRecord patch, ProcessImage image) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        for (Mapping mapping : image.map().mappings()) {
            if (mapping.isExecutable() && patch.start().compareTo(mapping.start()) <= 0
                    && mapping.end().compareTo(patch.end()) <= 0) {
                ranges.add(new CodeRanges.Range(mapping.start(), mapping.end(), "patch " + patch.id().shortForm()));
            }
        }
        ranges.add(wayTo(patch));
        return ranges;
    }

    /** The trampolines of a patch: threads there are on their way to the patch, or to the original. */
    public static CodeRanges.Range wayTo(PatchRecord patch) {
        return new CodeRanges.Range(patch.trampolines().start(), patch.trampolines().end(),
                "the way to patch " + patch.id().shortForm());
    }
}
