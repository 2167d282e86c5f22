package dev.pulpo.engine.load;

import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.ThreadGate;
import java.util.Map;

/**
 * The gates of a patch, at the beginning of its memory near the target:
 *
 * <pre>
 *    0   the mode byte; a cache line of its own
 *   64   gate of the first function      each ThreadGate.MAX bytes
 *        gate of the second ...
 * </pre>
 *
 * @param word    the thread word
 * @param mark    see {@link dev.pulpo.engine.registry.PatchRecord#staysOld}
 * @param inForce patched functions by entry, whose calls go to an earlier patch
 */
public record Gates(ThreadWord word, int mark, Map<RemoteAddress, FunctionRecord> inForce) {
    private static final long HEADER = 64;

    /** The memory of this many gates, in bytes. */
    static long bytes(int count) {
        return HEADER + (long) count * ThreadGate.MAX;
    }

    /** The address of a gate. */
    static CodeAddress at(TrampolineBlock block, int index) {
        return new CodeAddress(block.start().plus(bytes(index)).value());
    }

    CodeBytes code(TrampolineBlock block, int index, RemoteAddress old, RemoteAddress replacement) {
        return new ThreadGate(at(block, index), new CodeAddress(block.start().value()), word.offset(), mark, mark + 1,
                new CodeAddress(old.value()), new CodeAddress(replacement.value())).encode();
    }
}
