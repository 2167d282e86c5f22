package dev.pulpo.engine.apply;

import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.ThreadGate;
import java.util.Map;

/**
 * The gates of a patch, at the beginning of its memory near the target:
 *
 * <pre>
 *    0   the byte that all of them obey; a cache line of its own
 *   64   gate of the first function      each ThreadGate.MAX bytes
 *        gate of the second ...
 * </pre>
 *
 * @param word    of the threads
 * @param mark    see {@link dev.pulpo.engine.registry.PatchRecord#staysOld}
 * @param inForce what the functions lead to before the patch, by their entries, where that is not their own code
 */
record Gates(ThreadWord word, int mark, Map<RemoteAddress, FunctionRecord> inForce) {
    private static final long HEADER = 64;

    /** How much memory this many gates take. */
    static long bytes(int count) {
        return HEADER + (long) count * ThreadGate.MAX;
    }

    /** Where a gate is. */
    static CodeAddress at(TrampolineBlock block, int index) {
        return new CodeAddress(block.start().plus(bytes(index)).value());
    }

    /** The code of a gate. */
    CodeBytes code(TrampolineBlock block, int index, RemoteAddress old, RemoteAddress young) {
        return new ThreadGate(at(block, index), new CodeAddress(block.start().value()), word.offset(), mark, mark + 1,
                new CodeAddress(old.value()), new CodeAddress(young.value())).encode();
    }
}
