package dev.pulpo.engine.commit;

import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.PreparedDetour;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.LongStream;

/** Makes the changes of commits. */
public final class Changes {
    private Changes() {}

    /** The change of a record's state. The stop that changes the code writes it, after the code. */
    public static Change ofState(Registry.StoredRecord record, PatchRecord.State from, PatchRecord.State to) {
        return new Change(false, "the patch's record", Registry.stateField(record), bytes(Registry.stateCode(from)),
                bytes(Registry.stateCode(to)));
    }

    /** The change of a record's commit mark. */
    public static Change ofMark(Registry.StoredRecord record, TransactionLink.Mark from, TransactionLink.Mark to) {
        return new Change(false, "the patch's record", Registry.markField(record), bytes(Registry.markCode(from)),
                bytes(Registry.markCode(to)));
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    static PreparedDetour detour(RemoteAddress entry, int length) {
        return new PreparedDetour(new CodeAddress(entry.value()),
                length > PreparedDetour.PADDING + PreparedDetour.FLIP);
    }

    /** Addresses at which no thread may stand while the bytes of a function change. */
    public static LongStream interior(FunctionRecord function) {
        if (!function.isPrepared()) {
            long site = function.site().value();
            return LongStream.range(site + 1, site + function.original().length);
        }
        return detour(function.entry(), function.original().length).interior().stream()
                .mapToLong(CodeAddress::value);
    }
}
