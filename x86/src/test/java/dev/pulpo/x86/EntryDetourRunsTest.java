package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.EntryDetour.IndirectJumps;
import dev.pulpo.x86.EntryDetour.Original;
import dev.pulpo.x86.EntryDetour.State;
import dev.pulpo.x86.EntryPlan.Planned;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions that gcc has built for nothing of the kind are detoured, called by their new way, and put back. */
class EntryDetourRunsTest {
    private static final CodeAddress ENTRY = new CodeAddress(0x2000_0000_0000L);
    private static final CodeAddress TRAMPOLINE = ENTRY.plus(0x2000_0000);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"-O0, none, 0x200010000000, 5", "-O2, none, 0x200010000000, 6", "-O2, full, 0x200010000000, 5",
            "-O0, full, 0x300000000000, 5", "-O2, none, 0x300000000000, 6", "-Os, full, 0x300000000000, 6",
            "-O2, none, 0x300000000000, 5"})
    void theReplacementIsCalledAndTheOriginalLives(String level, String protection, long address, int room)
            throws Exception {
        CodeAddress target = new CodeAddress(address);
        CodeBytes code = Victim.compile(directory, ENTRY, """
                long f(long a, long b, long c) {
                    long sum = 0;
                    if (a < b) return a * c;
                    for (long i = 0; i < (c & 15); i++) sum += sum * a + (b ^ i);
                    return sum;
                }""", level, "-fcf-protection=" + protection);
        CodeBytes replacement = Victim.assemble(directory, target, "endbr64; mov $0x77, %eax; ret");
        EntryPlan plan = EntryDetour.plan(code, code.length(), List.of(), target, TRAMPOLINE, IndirectJumps.REFUSE,
                Original.CALLABLE, room);
        assertThat(plan).isInstanceOf(Planned.class);
        EntryDetour detour = ((Planned) plan).detour();
        try (Victim victim = new Victim(directory)) {
            victim.map(ENTRY, 0x1000);
            victim.map(TRAMPOLINE, 0x1000);
            victim.map(target, 0x1000);
            victim.write(code);
            victim.write(replacement);
            String smaller = victim.run(ENTRY, 3, 4, 5, 0);
            String greater = victim.run(ENTRY, 9, 4, 13, 0);
            assertThat(smaller).startsWith("f ");

            Memory memory = new Memory(code);
            assertThat(detour.state(memory.bytes())).isEqualTo(State.ORIGINAL);
            victim.write(detour.trampoline());
            victim.write(detour.jump());
            memory.write(detour.jump());
            assertThat(detour.state(memory.bytes())).isEqualTo(State.IN_PLACE);
            assertThat(victim.run(ENTRY, 3, 4, 5, 0)).startsWith("77 ");
            assertThat(victim.run(detour.original().orElseThrow(), 3, 4, 5, 0)).isEqualTo(smaller);
            assertThat(victim.run(detour.original().orElseThrow(), 9, 4, 13, 0)).isEqualTo(greater);

            victim.write(detour.expected());
            memory.write(detour.expected());
            assertThat(detour.state(memory.bytes())).isEqualTo(State.ORIGINAL);
            assertThat(victim.run(ENTRY, 3, 4, 5, 0)).isEqualTo(smaller);
        }
    }
}
