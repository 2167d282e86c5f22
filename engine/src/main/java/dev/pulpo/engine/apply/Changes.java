package dev.pulpo.engine.apply;

import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.PreparedDetour;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/** What the changes of a commit have in common, whichever way they go. */
final class Changes {
    private Changes() {}

    /** The change of a patch's state in the registry, made in the same stop as those of the code, and after them. */
    static Change ofState(Registry.Entry entry, PatchRecord.State from, PatchRecord.State to) {
        return new Change(false, "the patch's record", Registry.stateField(entry), bytes(Registry.stateCode(from)),
                bytes(Registry.stateCode(to)));
    }

    /** The change of what a record says of its transaction. */
    static Change ofMark(Registry.Entry entry, Ties.Mark from, Ties.Mark to) {
        return new Change(false, "the patch's record", Registry.markField(entry), bytes(Registry.markCode(from)),
                bytes(Registry.markCode(to)));
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    /** The detour of a function that a record describes. */
    static PreparedDetour detour(RemoteAddress entry, int length) {
        return new PreparedDetour(new CodeAddress(entry.value()),
                length > PreparedDetour.PADDING + PreparedDetour.FLIP);
    }

    /** Addresses at which no thread may stand while the bytes of a function change. */
    static LongStream interior(FunctionRecord function) {
        if (!function.isPrepared()) {
            long site = function.site().value();
            return LongStream.range(site + 1, site + function.original().length);
        }
        return detour(function.entry(), function.original().length).interior().stream()
                .mapToLong(CodeAddress::value);
    }
}
