package dev.pulpo.engine.apply;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.Mapping;
import dev.pulpo.engine.image.MemoryMap;
import dev.pulpo.engine.image.NearGap;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Memory for trampolines, near enough to an object for jumps with 32 bits of displacement. */
final class Trampolines {
    /** Other threads map memory too; each try looks anew where there is room. */
    private static final int TRIES = 8;

    private Trampolines() {}

    /**
     * Maps memory that can be executed, and is not writable to the process.
     *
     * @param bytes a multiple of the page size
     * @throws RefusedException where there is none, or the kernel does not allow it
     */
    static TrampolineBlock map(Session session, Registry registry, LoadedObject target, long bytes, long deadline) {
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
            error = session.borrowing(registry, deadline, calls -> calls.mapCode(address, bytes));
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
     * Gives all memory of a patch back, on a thread that has been borrowed. The patch comes first: where the loader keeps it,
     * its trampolines stay, too.
     *
     * @param handle what {@code dlopen} returned for it
     * @return an empty string, or what stood in the way
     */
    static String unload(StubCalls calls, RemoteAddress handle, TrampolineBlock block) {
        String kept = calls.unload(handle);
        return kept.isEmpty() ? unmap(calls, block) : kept;
    }

    /**
     * As the other, for a recorded patch that is out of force. It is recorded as unloaded before it is: were a tool killed in
     * between, the next one would otherwise close the handle again, and unmap what may be somebody else's by then. So the
     * worst that happens is that memory stays. A record can say anything, so the loader is given a handle, and the kernel a
     * range, only where these are what they are said to be.
     */
    static String unload(Session session, StubCalls calls, Registry.Entry entry) {
        TargetMemory memory = session.memory();
        PatchRecord patch = entry.patch();
        if (!isHandle(memory, patch)) {
            return "its record names " + patch.handle() + " as what dlopen returned, and no object of the bias 0x"
                    + Long.toHexString(patch.bias()) + " is there";
        }
        if (!isMappedCode(session, patch.trampolines())) {
            return "its record names " + patch.trampolines().bytes() + " bytes at " + patch.trampolines().start()
                    + " as its trampolines, and other memory is there";
        }
        Registry.setState(memory, entry, PatchRecord.State.UNLOADED);
        String kept = calls.unload(entry.patch().handle());
        if (kept.isEmpty()) {
            return unmap(calls, entry.patch().trampolines());
        }
        Registry.setState(memory, entry, PatchRecord.State.REVERTED);
        return kept;
    }

    /** What dlopen returns points to a {@code struct link_map}, which begins with the bias (link.h); musl's does as well. */
    private static boolean isHandle(TargetMemory memory, PatchRecord patch) {
        try {
            return patch.handle().hasRoomFor(Long.BYTES) && ByteBuffer.wrap(memory.bytes(patch.handle(), Long.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN).getLong() == patch.bias();
        } catch (SystemCallException unmapped) {
            return false;
        }
    }

    /** Whether all of it is memory of no file that is executed and not written to, as trampolines are; so where there are none. */
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

    /** Where the code of a patch is, and the way to it. Its data is nothing that a thread could return to. */
    static List<CodeRanges.Range> rangesOf(PatchRecord patch, ProcessImage image) {
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

    /** Where threads are on their way to a patch, or to what is before it. */
    static CodeRanges.Range wayTo(PatchRecord patch) {
        return new CodeRanges.Range(patch.trampolines().start(), patch.trampolines().end(),
                "the way to patch " + patch.id().shortForm());
    }
}
