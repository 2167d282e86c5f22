package dev.pulpo.engine.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written to the text of a process that waits for input meanwhile, and never gets any. */
class JournalTest {
    private static final byte[] NEW = {(byte) 0xcc, (byte) 0xcc, (byte) 0xcc};

    private final Arena arena = Arena.ofAuto();
    private LaunchedProcess child;
    private TraceeMemory memory;
    private RemoteAddress text;

    @BeforeEach
    void start() throws IOException {
        child = new Launcher("cat").start();
        // Once it answers, its libraries are there.
        child.input().orElseThrow().write('\n');
        child.input().orElseThrow().flush();
        assertThat(child.output().orElseThrow().read()).isEqualTo('\n');
        memory = TraceeMemory.open(child.pid(), child.pid());
        text = MemoryMap.read(child.pid(), child.pid()).mappings().stream()
                .filter(mapping -> mapping.isExecutable() && mapping.path().contains("/libc.so"))
                .map(Mapping::start).findFirst().orElseThrow();
    }

    @AfterEach
    void end() {
        memory.close();
        child.close();
    }

    @Test
    void changesOfOnePageArriveTogetherAndLeaveTheRestAlone() {
        byte[] before = read(0, 4096);
        Journal journal = journal(change(100), change(7), change(4000));
        assertThat(journal.firstUnexpected()).isNull();
        assertThat(journal.firstMissing()).isNotNull();

        journal.write(new Ptrace(arena), child.pid());

        assertThat(journal.firstMissing()).isNull();
        byte[] expected = before.clone();
        for (int at : new int[]{7, 100, 4000}) {
            System.arraycopy(NEW, 0, expected, at, NEW.length);
        }
        assertThat(read(0, 4096)).isEqualTo(expected);
    }

    @Test
    void whatSomebodyElseChangedInBetweenStays() {
        Journal journal = journal(change(10), change(50));
        poke(30, 0x55);

        journal.write(new Ptrace(arena), child.pid());

        assertThat(journal.firstMissing()).isNull();
        assertThat(read(30, 1)[0]).isEqualTo((byte) 0x55);
    }

    @Test
    void changesThatCrossAPageAreMade() {
        Journal journal = journal(change(4090), change(4095), change(4100));

        journal.write(new Ptrace(arena), child.pid());

        assertThat(journal.firstMissing()).isNull();
    }

    @Test
    void whereOneCannotBeMadeAllAreTakenBack() {
        byte[] before = read(0, 8192);
        Change impossible = Change.ofCode("nowhere", new RemoteAddress(4096), NEW, NEW);
        Journal journal = journal(change(10), change(50), change(5000), impossible);
        poke(30, 0x55);

        assertThatThrownBy(() -> journal.write(new Ptrace(arena), child.pid()))
                .isInstanceOf(SystemCallException.class).hasMessageContaining("nowhere");

        before[30] = 0x55;
        assertThat(read(0, 8192)).isEqualTo(before);
    }

    @Test
    void unexpectedBytesAreNamed() {
        Journal journal = journal(change(10), change(50));
        poke(51, 0x55);

        assertThat(journal.firstUnexpected()).isNotNull().extracting(Change::function).isEqualTo("function 50");
    }

    private Journal journal(Change... changes) {
        return new Journal(child.pid(), memory, List.of(changes), arena);
    }

    private Change change(int offset) {
        return Change.ofCode("function " + offset, text.plus(offset), read(offset, NEW.length), NEW);
    }

    private byte[] read(int offset, int length) {
        return memory.bytes(text.plus(offset), length);
    }

    private void poke(int offset, int value) {
        memory.write(text.plus(offset), arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) value));
    }
}
