package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What helps is a value, and each reader has it by the names that he knows. */
class RemedyTest {
    private static final Remedy.Wording OWN = remedy -> remedy == Remedy.Action.INJECT_STUB ? "key F1" : "";

    @Test
    void refusalSaysItsRemediesByTheNamesOfItsReader() {
        RefusedException refused = new RefusedException(7, List.of(new Refusal.NoStub(7), new Refusal.NoStub(7),
                new Refusal.NothingToReplace("fix.so"), new Refusal.NoPatches("libc")));
        assertThat(refused.remedies()).containsExactly(Remedy.Action.INJECT_STUB, Remedy.Action.NAME_REPLACEMENTS);
        assertThat(refused)
                .hasMessageContaining("process 7 does not carry the stub; inject it first (LiveProcess.inject)");
        assertThat(refused.message(OWN))
                .isEqualTo("process 7: process 7 does not carry the stub; inject it first (key F1); "
                        + "process 7 does not carry the stub; inject it first (key F1); fix.so does not say what it replaces; name "
                        + "the target and the functions; no patch of libc is applied");
    }

    @Test
    void remediesOfThreadsStandOnALineOfTheirOwn() {
        Blocker.Forbidden blocker = new Blocker.Forbidden(
                BlockingThread.now(8, "worker", List.of("wait+4 (libc.so.6)"), 0, Optional.of("poll")), "a reason",
                List.of(Remedy.Action.INJECT_STUB, new Remedy.Elsewhere("wait for rain")));
        String facts = "thread 8 (worker) must not be borrowed: a reason\n  it sits in the system call poll\n"
                + "    > wait+4 (libc.so.6)";
        assertThat(blocker.facts()).isEqualTo(facts);
        assertThat(blocker.message(OWN)).isEqualTo(facts + "\n  what helps: inject it first (key F1); wait for rain");
        BlockedException blocked = new BlockedException(7, Duration.ofMillis(2), List.of(blocker));
        assertThat(blocked.remedies()).isEqualTo(blocker.remedies());
        assertThat(blocked.message(OWN)).isEqualTo("process 7 was blocked for 2 ms:\n" + blocker.message(OWN));
        assertThat(new Refusal.LoadingForbidden(List.of(blocker.facts()), blocker.remedies()).message(OWN))
                .isEqualTo("nothing can be loaded into the process: " + blocker.message(OWN));
    }

    @Test
    void whatACheckFindsSaysApartHowToAllowIt() {
        Finding finding = new Finding(Check.INLINED, "f is inlined", List.of());
        assertThat(finding).hasToString("inlined: f is inlined");
        assertThat(finding.message(OWN)).isEqualTo("f is inlined");
        assertThat(new Refusal.Unsafe(finding).message(remedy -> "that key")).isEqualTo(
                "inlined: f is inlined" + System.lineSeparator() + "    to do it nevertheless: that key");
        assertThat(new Finding(Check.UNKNOWN, "no f", List.of()).remedies()).isEmpty();
    }

    @Test
    void allHaveWords() {
        for (Remedy.Action action : Remedy.Action.values()) {
            assertThat(Remedy.Wording.LIBRARY.say(action)).matches("[^()]+ \\(\\w.+\\)");
        }
        for (Consistency.Level level : Consistency.Level.values()) {
            assertThat(Remedy.Wording.LIBRARY.say(new Remedy.AskFor(level)))
                    .endsWith(" (Consistency.Level." + level + ")");
        }
    }
}
