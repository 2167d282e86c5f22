package dev.pulpo.engine.registry;

import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a patch that was left half done has to give back: by recovery, and in the eyes of a planner already before it. */
public final class HalfDone {
    private HalfDone() {}

    /**
     * Bytes of a function that are to be given back.
     *
     * @param function the function
     * @param found    what is at its site
     * @param wanted   what belongs there; as many
     */
    @SuppressWarnings("ArrayRecordComponent") // made once, never compared
    public record Undo(FunctionRecord function, byte[] found, byte[] wanted) {}

    /**
     * What an entry has to give back. Not what was closed since, nor what somebody else has changed.
     *
     * @param entry one of {@link Registry#halfDone}
     */
    public static List<Undo> of(Registry registry, Registry.Entry entry, TraceeMemory memory) {
        List<Undo> undoing = new ArrayList<>();
        for (FunctionRecord function : entry.patch().functions()) {
            byte[] wanted = registry.bytesWithout(entry, function);
            read(memory, function, wanted.length)
                    .filter(found -> isOurs(found, function.detour(), wanted) && !Arrays.equals(found, wanted))
                    .ifPresent(found -> undoing.add(new Undo(function, found, wanted)));
        }
        return undoing;
    }

    private static Optional<byte[]> read(TraceeMemory memory, FunctionRecord function, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            memory.read(function.site(), bytes);
            return Optional.of(bytes.toArray(ValueLayout.JAVA_BYTE));
        } catch (SystemCallException unmapped) {
            // The object has been closed since; there is nothing to take back.
            return Optional.empty();
        }
    }

    /** Whether a tool has written this: all of the detour, or a part of it, where it was killed in the middle. */
    private static boolean isOurs(byte[] found, byte[] detour, byte[] wanted) {
        for (int i = 0; i < found.length; i++) {
            if (found[i] != detour[i] && found[i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
