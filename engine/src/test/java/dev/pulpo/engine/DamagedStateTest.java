package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.PidNamespace;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.TargetLock;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process has written what it likes where tools keep their records: that harms neither it nor another. */
class DamagedStateTest {
    private static final RemoteAddress NO_HANDLE = new RemoteAddress(8);

    @TempDir
    static Path directory;
    static Pair pair;

    private RunningServer server;
    private LiveProcess process;
    private RunningServer bystander;

    @BeforeAll
    static void build() throws Exception {
        pair = new Pair(directory);
    }

    @BeforeEach
    void start() {
        server = pair.start(1);
        bystander = pair.start(1);
        process = LiveProcess.attach(server.pid());
    }

    @AfterEach
    void end() {
        process.close();
        server.close();
        bystander.close();
    }

    private static RemoteAddress stub(int pid, TraceeMemory memory) {
        return ProcessImage.read(pid, memory).stub().orElseThrow();
    }

    private void set(int field, long value) {
        try (TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid()); Arena arena = Arena.ofConfined()) {
            memory.write(stub(server.pid(), memory).plus(field), arena.allocateFrom(ValueLayout.JAVA_LONG, value));
        }
    }

    /** What its last record says becomes this, as another record behind it. */
    private void forge(int pid, Function<PatchRecord, PatchRecord> change) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            Registry registry = Registry.read(pid, memory, stub(pid, memory));
            assertThat(registry.append(memory, change.apply(registry.records().getLast().patch()))).isPresent();
        }
    }

    private static PatchRecord with(PatchRecord patch, State state, RemoteAddress handle, TrampolineBlock block,
            TransactionLink link) {
        return new PatchRecord(state, patch.sequence() + 1, patch.appliedAt(), patch.id(), handle, patch.bias(),
                patch.start(), patch.end(), block, 0, link, patch.file(), patch.target(), patch.buildId(),
                patch.comment(), List.of(), List.of());
    }

    private static TransactionLink.Member member(int pid) {
        return new TransactionLink.Member(pid, ProcFs.startTime(pid));
    }

    @Test
    void codeThatIsNotTheStubsIsNotCalled() throws Exception {
        for (int field : new int[]{StubLayout.CALL, StubLayout.ANNOUNCED, StubLayout.LOAD, StubLayout.STACK,
                StubLayout.RESOLVE}) {
            long before;
            try (TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid())) {
                before = java.nio.ByteBuffer.wrap(memory.bytes(stub(server.pid(), memory).plus(field), Long.BYTES))
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
            }
            set(field, 0x7ffffff0000L);
            assertThatThrownBy(() -> process.apply(pair.answer(3))).isInstanceOf(TargetUnreadableException.class)
                    .hasMessageContaining("the state of its stub, at ").hasMessageContaining("makes no sense");
            set(field, before);
        }
        process.apply(pair.answer(3));
        assertThat(server.ask("pair")).isEqualTo("3 1");
    }

    /** The log is for people; that it is damaged is told to who wants to read it. */
    @Test
    void aDamagedLogKeepsNothingFromBeingPatched() throws Exception {
        set(StubLayout.RING_SIZE, 0);
        process.apply(pair.answer(3));
        set(StubLayout.RING_SIZE, 4096);
        set(StubLayout.RING, 8);
        process.apply(pair.other(3));
        assertThat(server.ask("pair")).isEqualTo("3 3");
        process.revert(pair.ids(3), Consistency.DEFAULT);
        assertThat(server.ask("pair")).isEqualTo("1 1");
        assertThatThrownBy(process::messages).isInstanceOf(TargetUnreadableException.class)
                .hasMessageContaining("the message log of its stub, at 0x8 and of 4096 bytes, cannot be read");
    }

    /** Neither the loader nor the kernel is handed what is not there. */
    @Test
    void aForgedRecordUnloadsNothing() throws Exception {
        process.apply(pair.answer(3));
        RemoteAddress code;
        try (TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid())) {
            code = ProcessImage.read(server.pid(), memory).named("libother.so").getFirst().mappings().stream()
                    .filter(mapping -> mapping.isExecutable()).findFirst().orElseThrow().start();
        }
        RemoteAddress[] handle = new RemoteAddress[1];
        forge(server.pid(), patch -> {
            handle[0] = patch.handle();
            return with(patch, State.REVERTED, NO_HANDLE, TrampolineBlock.NONE, TransactionLink.NONE);
        });
        forge(server.pid(), patch -> with(patch, State.REVERTED, handle[0], new TrampolineBlock(code, 4096),
                TransactionLink.NONE));
        process.apply(pair.other(3));
        assertThat(server.ask("pair")).isEqualTo("3 3");
        process.revert(pair.other(3).id());
        assertThat(server.ask("pair")).isEqualTo("3 1");
        assertThat(process.messages()).anyMatch(line -> line.contains("its record names 0x8 as what dlopen returned"))
                .anyMatch(line -> line.contains("as its trampolines, and other memory is there"));
    }

    /** It names a process that has nothing to do with it, itself or not: that one is not locked, and not recovered. */
    @Test
    void whoIsNamedAndDoesNotSaySoItselfIsLeftAlone() throws Exception {
        int innocent = bystander.pid();
        try (LiveProcess other = LiveProcess.attach(innocent)) {
            other.apply(pair.other(3));
        }
        HalfLeft.applying(innocent, State.PREPARED, TransactionLink.Mark.OPEN);
        process.apply(pair.answer(3));
        for (List<TransactionLink.Member> members : List.of(List.of(member(server.pid()), member(innocent)),
                List.of(member(innocent)))) {
            forge(server.pid(), patch -> with(patch, State.PENDING, NO_HANDLE, TrampolineBlock.NONE,
                    TransactionLink.of(4711, PidNamespace.own(), members)));
            try (ProcessLock lock = TargetLock.of(innocent)) {
                process.apply(pair.other(3));
                process.revert(pair.other(3).id());
                assertThat(lock).isNotNull();
            }
            process.apply(pair.other(3));
            process.revert(pair.other(3).id());
            assertThat(HalfLeft.states(innocent)).containsExactly(State.PREPARED);
        }
        assertThat(process.messages()).noneMatch(line -> line.contains("was not seen to"));
    }

    /** With the same number, but among others. */
    @Test
    void norDoesTheNumberOfItsTransactionMakeItAMember() throws Exception {
        int innocent = bystander.pid();
        try (LiveProcess other = LiveProcess.attach(innocent)) {
            other.apply(pair.other(3));
        }
        forge(innocent, patch -> with(patch, State.PENDING, NO_HANDLE, TrampolineBlock.NONE,
                TransactionLink.of(4711, PidNamespace.own(), List.of(member(innocent)))));
        process.apply(pair.answer(3));
        forge(server.pid(), patch -> with(patch, State.PENDING, NO_HANDLE, TrampolineBlock.NONE,
                TransactionLink.of(4711, PidNamespace.own(), List.of(member(server.pid()), member(innocent)))));
        process.apply(pair.other(3));
        assertThat(HalfLeft.states(innocent)).containsExactly(State.ACTIVE, State.PENDING);
    }
}
