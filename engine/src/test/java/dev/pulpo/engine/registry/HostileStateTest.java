package dev.pulpo.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.BytesTarget;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process has written what it likes into the stub's state, its records and its log. */
class HostileStateTest {
    private static final int PID = 4711;
    private static final long[] VALUES = {0, -1, 1, 8, 0x7ffffffffff0L, 0xffff_8000_0000_0000L, Long.MAX_VALUE,
            Long.MIN_VALUE, 1L << 31, 1L << 32, Integer.MAX_VALUE, StubBytes.STATE.value(), StubBytes.REGISTRY + 4};

    private static StubState state(TargetMemory memory) {
        return StubState.read(PID, memory, StubBytes.STATE);
    }

    private static Registry registry(TargetMemory memory) {
        return Registry.read(PID, memory, StubBytes.STATE);
    }

    private static byte[] encoded(long sequence) {
        return RecordFormat.encode(StubBytes.record(sequence, TransactionLink.NONE));
    }

    @Test
    void whatTheStubHasIsRead() {
        BytesTarget memory = StubBytes.target(encoded(1), encoded(2));
        assertThat(registry(memory).records()).extracting(Registry.StoredRecord::patch)
                .containsExactly(StubBytes.record(1, TransactionLink.NONE), StubBytes.record(2, TransactionLink.NONE));
    }

    /** Whatever a field holds, what comes of it is patches or one sentence. */
    @Test
    void noFieldDoesMoreThanMakeTheProcessUnreadable() {
        for (int field = StubLayout.VERSION; field < StubLayout.STATE_BYTES; field += Long.BYTES) {
            for (long value : VALUES) {
                BytesTarget memory = StubBytes.target(encoded(1));
                memory.putLong(StubBytes.STATE.value() + field, value);
                try {
                    Registry read = registry(memory);
                    read.append(memory, StubBytes.record(2, TransactionLink.NONE));
                    MessageRing.append(memory, read.stub(), "message");
                    MessageRing.read(PID, memory, state(memory));
                } catch (TargetUnreadableException unreadable) {
                    assertThat(unreadable).hasMessageStartingWith("process " + PID + ": ");
                } catch (dev.pulpo.ffm.SystemCallException unmapped) {
                    assertThat(field).as("only what is appended may find no memory")
                            .isIn(StubLayout.REGISTRY_SIZE, StubLayout.REGISTRY_USED);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -8, 8, 1L << 25, 0x7fff_ffffL, 0x7fff_ffff_ffff_fff8L})
    void aRegistryThatCannotBeIsToldWithItsPlace(long used) {
        BytesTarget memory = StubBytes.target();
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY, 0xffff_8000_0000_0000L);
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY_SIZE, used);
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY_USED, used);
        assertThatThrownBy(() -> registry(memory)).isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("the state of its stub, at " + StubBytes.STATE
                        + ", says that its registry is at 0xffff800000000000");
    }

    /** Who only looks finds no patches there, as in a stub that the loader has not relocated yet. */
    @Test
    void anEmptyRegistryIsMemoryForWhoWrites() {
        BytesTarget memory = StubBytes.target();
        assertThat(Registry.readLocked(PID, memory, StubBytes.STATE).records()).isEmpty();
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY, 0xa180);
        assertThat(registry(memory).records()).isEmpty();
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY, 0x7ffffffff000L);
        assertThatThrownBy(() -> Registry.readLocked(PID, memory, StubBytes.STATE))
                .isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("the registry of its stub, at 0x7ffffffff000");
    }

    /** The address changes with every look. */
    @Test
    void aRegistryThatMovesAllTheTimeEnds() {
        BytesTarget bytes = StubBytes.target();
        TargetMemory moving = new TargetMemory() {
            private long place = StubBytes.REGISTRY;

            @Override
            public void read(RemoteAddress from, MemorySegment into) {
                if (from.equals(StubBytes.STATE)) {
                    place += 16;
                    bytes.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY, place);
                }
                bytes.read(from, into);
            }

            @Override
            public long readSome(long from, MemorySegment into) {
                return bytes.readSome(from, into);
            }

            @Override
            public void write(RemoteAddress to, MemorySegment from) {
                bytes.write(to, from);
            }
        };
        assertThatThrownBy(() -> registry(moving)).isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("moves all the time");
    }

    /** Every eight and every four bytes of a record, with values that are not its own. */
    @Test
    void noFieldOfARecordIsBelieved() {
        byte[] record = RecordFormat
                .encode(StubBytes.record(1, TransactionLink.of(77, 1, List.of(new TransactionLink.Member(12, 34)))));
        for (int at = 0; at + Long.BYTES <= record.length; at += 4) {
            for (long value : VALUES) {
                byte[] changed = record.clone();
                ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
                assertRead(changed);
                changed = record.clone();
                ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, (int) value);
                assertRead(changed);
            }
        }
    }

    /** It is a record, and the same one when it is written anew, or it is none. */
    private static void assertRead(byte[] bytes) {
        RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).ifPresent(read -> {
            assertThatCode(() -> read.appliedAt().atOffset(java.time.ZoneOffset.UTC).toString())
                    .doesNotThrowAnyException();
            if (read.state() != PatchRecord.State.UNLOADED) {
                assertThat(RecordFormat.decode(ByteBuffer.wrap(RecordFormat.encode(read))
                        .order(ByteOrder.LITTLE_ENDIAN))).contains(read);
            }
        });
    }

    @Test
    void membersAreCountedOnceAndNotWithoutLimit() {
        List<TransactionLink.Member> twice = List.of(new TransactionLink.Member(1, 2), new TransactionLink.Member(3, 4),
                new TransactionLink.Member(1, 2));
        byte[] bytes = RecordFormat.encode(StubBytes.record(1, TransactionLink.of(77, 1, twice)));
        assertThat(RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).orElseThrow().link()
                .members()).containsExactly(new TransactionLink.Member(1, 2), new TransactionLink.Member(3, 4));
        List<TransactionLink.Member> many = new ArrayList<>();
        for (int i = 0; i <= TransactionLink.MOST_MEMBERS; i++) {
            many.add(new TransactionLink.Member(1 + i, 5));
        }
        byte[] tooMany = RecordFormat.encode(StubBytes.record(1, TransactionLink.of(77, 1, many)));
        assertThat(RecordFormat.decode(ByteBuffer.wrap(tooMany).order(ByteOrder.LITTLE_ENDIAN))).isEmpty();
    }

    /** Nothing is written that could not be read again. */
    @Test
    void aRecordBeyondTheLimitsIsNotWritten() {
        List<TransactionLink.Member> many = new ArrayList<>();
        for (int i = 0; i <= TransactionLink.MOST_MEMBERS; i++) {
            many.add(new TransactionLink.Member(1 + i, 5));
        }
        BytesTarget memory = StubBytes.target();
        Registry registry = registry(memory);
        assertThatThrownBy(() -> registry.append(memory, StubBytes.record(1, TransactionLink.of(77, 1, many))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("beyond what a registry holds");
        assertThat(registry(memory).records()).isEmpty();
    }

    @Test
    void tooManyRecordsAreToldAndNotRead() {
        byte[] record = encoded(1);
        ByteBuffer all = ByteBuffer.allocate((Registry.MOST_RECORDS + 1) * record.length);
        while (all.hasRemaining()) {
            all.put(record);
        }
        BytesTarget memory = new BytesTarget().put(StubBytes.STATE.value(), StubBytes.state(all.capacity()))
                .put(StubBytes.REGISTRY, all.array());
        memory.putLong(StubBytes.STATE.value() + StubLayout.REGISTRY_SIZE, all.capacity());
        assertThatThrownBy(() -> registry(memory)).isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("too large to be read");
    }

    /** Memory is taken as bytes arrive, not by what is claimed. */
    @Test
    void whatClaimsMoreThanThereIsCostsWhatThereIs() {
        BytesTarget memory = new BytesTarget().put(0x1000, new byte[100_000]);
        assertThatThrownBy(() -> memory.bytes(new RemoteAddress(0x1000), Integer.MAX_VALUE))
                .isInstanceOf(dev.pulpo.ffm.SystemCallException.class);
        assertThat(memory.bytes(new RemoteAddress(0x1000), 100_000)).hasSize(100_000);
    }

    private static void ring(BytesTarget memory, long size, long written) {
        memory.putLong(StubBytes.STATE.value() + StubLayout.RING_SIZE, size);
        memory.putLong(StubBytes.STATE.value() + StubLayout.RING_WRITTEN, written);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MAX_VALUE, 0x2_8000_0000L, 1L << 32, (1 << 20) + 1})
    void aLogThatCannotBeIsToldAndKeepsNobodyFromPatching(long size) {
        BytesTarget memory = StubBytes.target(encoded(1));
        ring(memory, size, 5);
        assertThat(registry(memory).records()).hasSize(1);
        assertThatThrownBy(() -> MessageRing.read(PID, memory, state(memory)))
                .isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("the message log of its stub, at " + new RemoteAddress(StubBytes.RING));
        assertThat(MessageRing.append(memory, state(memory), "message")).isFalse();
    }

    @Test
    void aLogHoldsWhateverHasBeenCounted() {
        for (long written : new long[]{0, -5, -1, Long.MIN_VALUE, Long.MAX_VALUE, StubBytes.RING_BYTES}) {
            BytesTarget memory = StubBytes.target();
            ring(memory, StubBytes.RING_BYTES, written);
            MessageRing.read(PID, memory, state(memory));
            assertThat(MessageRing.append(memory, state(memory), "one")).isTrue();
            assertThat(MessageRing.append(memory, state(memory), "another")).isTrue();
            // Behind the greatest number of all the next one is 0 again, and that a ring has gone round is forgotten.
            if (written >= 0 || written == Long.MIN_VALUE) {
                assertThat(MessageRing.read(PID, memory, state(memory))).last().asString().endsWith("Z another");
            }
        }
    }

    @Test
    void aMessageLongerThanTheLogIsCut() {
        BytesTarget memory = StubBytes.target();
        memory.put(StubBytes.RING + StubBytes.RING_BYTES, new byte[64]);
        assertThat(MessageRing.append(memory, state(memory), "ä".repeat(5000))).isTrue();
        assertThat(MessageRing.read(PID, memory, state(memory))).singleElement().asString().endsWith("ä")
                .hasSizeLessThan(StubBytes.RING_BYTES / 2);
        assertThat(memory.bytes(new RemoteAddress(StubBytes.RING + StubBytes.RING_BYTES), 64)).containsOnly(0);
    }
}
