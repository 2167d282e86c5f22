package dev.pulpo.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.pulpo.engine.BytesTarget;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.recovery.RecoveryRules;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.stub.StubLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a process has in the stub's state, registry and log is read, or refused; nothing else happens. In a normal build, each
 * runs over the seeds in {@code src/test/resources/dev/pulpo/engine/registry/RegistryFuzzTestInputs}; {@code elf/FUZZING.md}
 * tells how to search for more.
 */
class RegistryFuzzTest {
    private static final int PID = 1;

    /** A state, and behind it what lies where an honest one has its registry. */
    @FuzzTest(maxDuration = "10m")
    void state(byte[] bytes) {
        byte[] state = Arrays.copyOf(bytes, StubLayout.STATE_BYTES);
        BytesTarget memory = new BytesTarget().put(StubBytes.STATE.value(), state)
                .put(StubBytes.REGISTRY, Arrays.copyOfRange(bytes, Math.min(bytes.length, state.length), bytes.length
                        + StubBytes.REGISTRY_BYTES))
                .put(StubBytes.RING, new byte[StubBytes.RING_BYTES]);
        try {
            Registry read = Registry.read(PID, memory, StubBytes.STATE);
            MessageRing.append(memory, read.stub(), "message");
            MessageRing.read(PID, memory, StubState.read(PID, memory, StubBytes.STATE));
        } catch (TargetUnreadableException unreadable) {
            assertThat(unreadable).hasMessageStartingWith("process 1: ");
        }
    }

    /** Records, and what is made of them where they are half done. */
    @FuzzTest(maxDuration = "10m")
    void registry(byte[] bytes) {
        byte[] whole = Arrays.copyOf(bytes, bytes.length & -8);
        byte[] state = StubBytes.state(whole.length);
        ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).putLong(StubLayout.REGISTRY_SIZE, whole.length);
        BytesTarget memory = new BytesTarget().put(StubBytes.STATE.value(), state).put(StubBytes.REGISTRY, whole)
                .put(StubBytes.CODE - 64, new byte[256]);
        try {
            Registry read = Registry.read(PID, memory, StubBytes.STATE);
            RecoveryRules.of(read, memory, link -> (link.transaction() & 1) == 0);
            read.halfDone().forEach(record -> RecoveryRules.undoing(read, memory, record.patch().link().transaction()));
            read.active().forEach(record -> record.patch().functions()
                    .forEach(function -> assertThat(read.bytesWithout(record, function)).isNotEmpty()));
            assertThat(read.nextSequence()).isPositive();
        } catch (TargetUnreadableException unreadable) {
            assertThat(unreadable).hasMessageStartingWith("process 1: ");
        }
    }

    /** What is read is what would be written. */
    @FuzzTest(maxDuration = "10m")
    void record(byte[] bytes) {
        Optional<PatchRecord> read = decoded(bytes);
        if (read.isPresent() && read.get().state() != PatchRecord.State.UNLOADED) {
            PatchRecord again = decoded(RecordFormat.encode(read.get())).orElseThrow();
            // Bytes that are no UTF-8 are something else once they have been a string; after that they stay what they are.
            assertThat(decoded(RecordFormat.encode(again))).contains(again);
        }
    }

    private static Optional<PatchRecord> decoded(byte[] bytes) {
        return RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** A log of so many bytes as there are; the first eight say how many have been written. */
    @FuzzTest(maxDuration = "10m")
    void ring(byte[] bytes) {
        ByteBuffer written = ByteBuffer.wrap(Arrays.copyOf(bytes, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] ring = Arrays.copyOfRange(bytes, Math.min(bytes.length, Long.BYTES),
                Math.max(bytes.length, Long.BYTES));
        byte[] state = StubBytes.state(0);
        ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).putLong(StubLayout.RING_SIZE, ring.length)
                .putLong(StubLayout.RING_WRITTEN, written.getLong(0));
        BytesTarget memory = new BytesTarget().put(StubBytes.STATE.value(), state).put(StubBytes.RING, ring);
        StubState stub = StubState.read(PID, memory, StubBytes.STATE);
        if (stub.ring().exists()) {
            MessageRing.read(PID, memory, stub);
            assertThat(MessageRing.append(memory, stub, "message")).isTrue();
            MessageRing.read(PID, memory, StubState.read(PID, memory, StubBytes.STATE));
        } else {
            assertThat(ring).isEmpty();
        }
    }
}
