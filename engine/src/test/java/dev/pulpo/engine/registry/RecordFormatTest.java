package dev.pulpo.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Retention;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Records as bytes; those of older versions are in processes that have been patched long ago. */
class RecordFormatTest {
    private static final int TIES = 128;
    private static final int TIES_BYTES = 40;

    private static PatchRecord record(TransactionLink link) {
        RemoteAddress address = new RemoteAddress(0x7000);
        byte[] id = new byte[PatchId.BYTES];
        Arrays.fill(id, (byte) 7);
        FunctionRecord function = new FunctionRecord("f", address, address.plus(64), address.plus(-14),
                new byte[]{1, 2, 3}, new byte[]{4, 5, 6}, new byte[0], RemoteAddress.NULL, 80);
        return new PatchRecord(PatchRecord.State.PENDING, 9, Instant.ofEpochSecond(1_000_000, 5), new PatchId(id),
                address, 0x1000, address, address.plus(4096), new TrampolineBlock(address, 4096), 2, link, "fix.so",
                "libx.so", "abcd", "why", List.of(new PatchId(id)), List.of(function));
    }

    private static PatchRecord decoded(byte[] bytes) {
        return RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).orElseThrow();
    }

    @Test
    void whatIsWrittenIsRead() {
        for (TransactionLink link : List.of(TransactionLink.NONE, TransactionLink.of(77), TransactionLink.of(-78,
                4026531836L,
                List.of(new TransactionLink.Member(12, 3456), new TransactionLink.Member(4_000_000, 1L << 40))))) {
            byte[] bytes = RecordFormat.encode(record(link));
            assertThat(bytes.length % 8).isZero();
            assertThat(decoded(bytes)).isEqualTo(record(link));
        }
        PatchRecord marked = record(new TransactionLink(1, 2, TransactionLink.Mark.SETTLED, 3,
                List.of(new TransactionLink.Member(4, 5)), true));
        assertThat(decoded(RecordFormat.encode(marked))).isEqualTo(marked);
    }

    @Test
    void theFieldsThatAreRewrittenAreWhereTheyAreSaidToBe() {
        byte[] bytes = RecordFormat.encode(record(TransactionLink.of(77)));
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(RecordFormat.STATE_OFFSET, PatchRecord.State.REVERTING.code());
        fields.putLong(RecordFormat.REMOVED_BY_OFFSET, 1234);
        fields.putLong(RecordFormat.MARK_OFFSET, TransactionLink.Mark.DECIDED.code());
        fields.putLong(RecordFormat.RETENTION_OFFSET, RecordFormat.retention(2, Retention.ALWAYS));
        PatchRecord read = decoded(bytes);
        assertThat(read.mark()).isEqualTo(2);
        assertThat(read.retention()).isEqualTo(Retention.ALWAYS);
        assertThat(decoded(RecordFormat.encode(read))).isEqualTo(read);
        assertThat(read.state()).isEqualTo(PatchRecord.State.REVERTING);
        assertThat(read.link())
                .isEqualTo(new TransactionLink(77, 1234, TransactionLink.Mark.DECIDED, 0, List.of(), true));
    }

    @Test
    void recordsOfTheVersionBeforeAreRead() {
        byte[] now = RecordFormat.encode(record(TransactionLink.NONE));
        ByteBuffer then = ByteBuffer.allocate(now.length - TIES_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        then.put(now, 0, TIES).put(now, TIES + TIES_BYTES, now.length - TIES - TIES_BYTES);
        then.putInt(0, then.capacity()).putInt(4, 2);
        PatchRecord read = decoded(then.array());
        assertThat(read).isEqualTo(record(TransactionLink.OLD));
        // A registry that moves has all its records written anew.
        assertThat(decoded(RecordFormat.encode(read)).link()).isEqualTo(TransactionLink.NONE);
    }

    @Test
    void whatIsDeclaredIsRead() {
        RemoteAddress code = new RemoteAddress(0x7000);
        Declared declared = new Declared(
                new Callbacks(Map.of(Callback.BEFORE_APPLY, code, Callback.AFTER_REVERT, code.plus(16)), 0x1003),
                List.of(7L, -1L), List.of(new Declared.State(5, 2), new Declared.State(-6, -1)));
        PatchRecord record = record(new TransactionLink(1, 2, TransactionLink.Mark.SETTLED, 3,
                List.of(new TransactionLink.Member(4, 5)), true)).declaring(declared);
        byte[] bytes = RecordFormat.encode(record);
        assertThat(bytes.length % 8).isZero();
        assertThat(decoded(bytes)).isEqualTo(record);
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(RecordFormat.PROGRESS_OFFSET, 0x33);
        assertThat(decoded(bytes).declared().callbacks().progress()).isEqualTo(0x33);
        // Neither more than there is, nor more than a patch may declare.
        for (int count : new int[]{257, -1, Integer.MAX_VALUE, 200}) {
            fields.putInt(RecordFormat.PROGRESS_OFFSET + 8, count);
            assertThat(RecordFormat.decode(fields.rewind())).isEmpty();
        }
    }

    /** The whole table of what is due. */
    @Test
    void callbackThatIsDue() {
        RemoteAddress code = new RemoteAddress(0x7000);
        Map<Callback, RemoteAddress> all = Map.of(Callback.BEFORE_APPLY, code, Callback.AFTER_APPLY, code,
                Callback.BEFORE_REVERT, code, Callback.AFTER_REVERT, code);
        for (PatchRecord.State state : PatchRecord.State.values()) {
            for (long progress : new long[]{0x0, 0x1, 0x3, 0x7, 0x13, 0x33, 0x133, 0x333, 0x1333, 0x3003}) {
                Callback due = switch (state) {
                    case ACTIVE -> progress == 0x33 || progress == 0x13 ? null : Callback.AFTER_APPLY;
                    case REVERTED -> (progress & 7) == 3 && progress < 0x1000 ? Callback.AFTER_REVERT : null;
                    default -> null;
                };
                assertThat(new Callbacks(all, progress).due(state)).as(state + " " + Long.toHexString(progress))
                        .isEqualTo(Optional.ofNullable(due));
                assertThat(new Callbacks(Map.of(), progress).due(state)).isEmpty();
            }
        }
    }

    @Test
    void damagedTiesAreNoRecord() {
        byte[] bytes = RecordFormat.encode(record(TransactionLink.NONE));
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(RecordFormat.MARK_OFFSET, 99);
        assertThat(RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN))).isEmpty();
    }
}
