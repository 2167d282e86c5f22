package dev.pulpo.engine.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.BytesTarget;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.StubBytes;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.registry.TransactionLink.Mark;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of the package-info, row by row, over a registry in bytes. */
class RecoveryRulesTest {
    private static final long CODE = 0x60_0000;
    private static final byte[] ORIGINAL = {1, 1, 1, 1};
    private static final long TRANSACTION = 77;
    private static final List<TransactionLink.Member> SEVERAL = List.of(new TransactionLink.Member(1, 10),
            new TransactionLink.Member(2, 20));

    private static boolean nobodyToAsk(TransactionLink link) {
        throw new AssertionError("asked for " + link);
    }

    private static TransactionLink link(long transaction, long leaving, Mark mark, boolean several) {
        return new TransactionLink(transaction, leaving, mark, several ? 5 : 0, several ? SEVERAL : List.of(), true);
    }

    private static TransactionLink coming() {
        return link(TRANSACTION, 0, Mark.OPEN, false);
    }

    private static TransactionLink going() {
        return link(0, TRANSACTION, Mark.OPEN, false);
    }

    private static TransactionLink ofSeveral(Mark mark) {
        return link(TRANSACTION, 0, mark, true);
    }

    private static byte[] detour(long number) {
        byte[] bytes = new byte[ORIGINAL.length];
        Arrays.fill(bytes, (byte) (0x10 + number));
        return bytes;
    }

    private static RemoteAddress site(long function) {
        return new RemoteAddress(CODE + 256 * function);
    }

    /** A patch of the function of its own number. */
    private static PatchRecord patch(long number, State state, TransactionLink link) {
        return patch(number, number, state, link);
    }

    private static PatchRecord patch(long number, long function, State state, TransactionLink link) {
        byte[] id = new byte[PatchId.BYTES];
        Arrays.fill(id, (byte) number);
        FunctionRecord record = new FunctionRecord("f" + function, site(function), site(function).plus(0x1000),
                site(function), ORIGINAL, detour(number), new byte[0], RemoteAddress.NULL, 64);
        return new PatchRecord(state, number, Instant.EPOCH, new PatchId(id), site(0), 0, site(0), site(1),
                TrampolineBlock.NONE, 0, link, "fix.so", "libx.so", "abcd", "", List.of(), List.of(record));
    }

    private static BytesTarget target(PatchRecord... records) {
        BytesTarget memory = StubBytes.with(records);
        for (long function = 0; function < 8; function++) {
            memory.put(site(function).value(), ORIGINAL.clone());
        }
        return memory;
    }

    private static void stands(BytesTarget memory, long function, byte[] bytes) {
        memory.put(site(function).value(), bytes.clone());
    }

    private static RecoveryRules.Remedy remedy(TargetMemory memory, Predicate<TransactionLink> decided) {
        return RecoveryRules.of(Registry.readLocked(4711, memory, StubBytes.STATE), memory, decided);
    }

    private static Map<Long, State> states(RecoveryRules.Remedy remedy) {
        return remedy.states().entrySet().stream().collect(Collectors.toMap(goal -> goal.getKey().number(),
                Map.Entry::getValue, (one, other) -> other, TreeMap::new));
    }

    @Test
    void whatIsOverStaysAsItIs() {
        BytesTarget memory = target(patch(1, State.ACTIVE, TransactionLink.NONE),
                patch(2, State.REVERTED, TransactionLink.NONE), patch(3, State.UNLOADED, TransactionLink.NONE),
                patch(4, State.TRANSITION, TransactionLink.NONE));
        assertThat(remedy(memory, RecoveryRulesTest::nobodyToAsk).isNeeded()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(names = {"PREPARED", "PENDING"})
    void whatCameAloneIsUndone(State state) {
        BytesTarget memory = target(patch(1, state, TransactionLink.NONE));
        stands(memory, 1, detour(1));
        RecoveryRules.Remedy remedy = remedy(memory, RecoveryRulesTest::nobodyToAsk);
        assertThat(states(remedy)).isEqualTo(Map.of(1L, State.REVERTED));
        assertThat(remedy.code()).singleElement().satisfies(undo -> {
            assertThat(undo.found()).isEqualTo(detour(1));
            assertThat(undo.wanted()).isEqualTo(ORIGINAL);
        });
        assertThat(remedy.memoryAfterwards(memory).bytes(site(1), 4)).as("to those who plan").isEqualTo(ORIGINAL);
        assertThat(memory.bytes(site(1), 4)).as("nothing is written").isEqualTo(detour(1));
    }

    /** A write that was cut short leaves a part of one and a part of the other. */
    @Test
    void halfADetourIsTakenBackAndForeignBytesAreLeft() {
        BytesTarget memory = target(patch(1, State.PREPARED, TransactionLink.NONE),
                patch(2, State.PREPARED, TransactionLink.NONE));
        stands(memory, 1, new byte[]{0x11, 0x11, 1, 1});
        stands(memory, 2, new byte[]{0x12, 0x12, 99, 1});
        assertThat(remedy(memory, RecoveryRulesTest::nobodyToAsk).code()).singleElement()
                .satisfies(undo -> assertThat(undo.function().name()).isEqualTo("f1"));
    }

    @Test
    void whatItReplacedIsInForceAgain() {
        BytesTarget memory = target(patch(1, 1, State.ACTIVE, TransactionLink.NONE),
                patch(2, 1, State.PREPARED, TransactionLink.NONE));
        stands(memory, 1, detour(2));
        assertThat(remedy(memory, RecoveryRulesTest::nobodyToAsk).code()).singleElement()
                .satisfies(undo -> assertThat(undo.wanted()).isEqualTo(detour(1)));
    }

    @Test
    void oneThatIsActiveHasAllOfItsTransactionStay() {
        BytesTarget memory = target(patch(1, State.ACTIVE, coming()), patch(2, State.PREPARED, coming()));
        stands(memory, 1, detour(1));
        RecoveryRules.Remedy remedy = remedy(memory, RecoveryRulesTest::nobodyToAsk);
        assertThat(states(remedy)).isEqualTo(Map.of(2L, State.ACTIVE));
        assertThat(remedy.code()).singleElement()
                .satisfies(undo -> assertThat(undo.wanted()).isEqualTo(detour(2)));
    }

    @ParameterizedTest
    @EnumSource(names = {"DECIDED", "SETTLED"})
    void aMarkHasItStay(Mark mark) {
        BytesTarget memory = target(patch(1, State.PENDING, ofSeveral(mark)));
        assertThat(states(remedy(memory, RecoveryRulesTest::nobodyToAsk))).isEqualTo(Map.of(1L, State.ACTIVE));
    }

    @Test
    void whereAllArePendingTheOthersAreAsked() {
        BytesTarget memory = target(patch(1, State.PENDING, ofSeveral(Mark.OPEN)),
                patch(2, State.PENDING, ofSeveral(Mark.OPEN)));
        RecoveryRules.Remedy decided = remedy(memory, link -> true);
        assertThat(states(decided)).isEqualTo(Map.of(1L, State.ACTIVE, 2L, State.ACTIVE));
        assertThat(decided.decided()).as("is written before anything else").extracting(Registry.StoredRecord::number)
                .containsExactly(1L, 2L);
        RecoveryRules.Remedy open = remedy(memory, link -> false);
        assertThat(states(open)).isEqualTo(Map.of(1L, State.REVERTED, 2L, State.REVERTED));
        assertThat(open.decided()).isEmpty();
    }

    @Test
    void whereOneIsNotPendingYetNobodyIsAsked() {
        BytesTarget memory = target(patch(1, State.PENDING, ofSeveral(Mark.OPEN)),
                patch(2, State.PREPARED, ofSeveral(Mark.OPEN)));
        assertThat(states(remedy(memory, RecoveryRulesTest::nobodyToAsk)))
                .isEqualTo(Map.of(1L, State.REVERTED, 2L, State.REVERTED));
    }

    @Test
    void aRecordThatStandsForARemovalIsOver() {
        BytesTarget memory = target(patch(1, State.ACTIVE, link(0, TRANSACTION, Mark.OPEN, false)),
                PatchRecord.forRemoval(2, ofSeveral(Mark.OPEN)));
        assertThat(states(remedy(memory, link -> false))).isEqualTo(Map.of(2L, State.UNLOADED));
    }

    @Test
    void whatGoesAloneHasGone() {
        BytesTarget memory = target(patch(1, State.REVERTING, TransactionLink.NONE));
        stands(memory, 1, detour(1));
        RecoveryRules.Remedy remedy = remedy(memory, RecoveryRulesTest::nobodyToAsk);
        assertThat(states(remedy)).isEqualTo(Map.of(1L, State.REVERTED));
        assertThat(remedy.code()).singleElement().satisfies(undo -> assertThat(undo.wanted()).isEqualTo(ORIGINAL));
    }

    @Test
    void whatGoesForPatchesThatAreUndoneStays() {
        BytesTarget memory = target(patch(1, 1, State.REVERTING, going()), patch(2, 1, State.PREPARED, coming()));
        stands(memory, 1, detour(2));
        RecoveryRules.Remedy remedy = remedy(memory, RecoveryRulesTest::nobodyToAsk);
        assertThat(states(remedy)).isEqualTo(Map.of(1L, State.ACTIVE, 2L, State.REVERTED));
        assertThat(remedy.code()).singleElement().satisfies(undo -> assertThat(undo.wanted()).isEqualTo(detour(1)));
        assertThat(remedy.states().keySet().iterator().next().number()).as("what stays is written first").isOne();
    }

    @Test
    void whatGoesForPatchesThatStayGoes() {
        BytesTarget memory = target(patch(1, State.REVERTING, going()), patch(2, State.ACTIVE, coming()));
        assertThat(states(remedy(memory, RecoveryRulesTest::nobodyToAsk))).isEqualTo(Map.of(1L, State.REVERTED));
    }

    @Test
    void whereOneThatWasToGoWithItIsStillActiveNoCodeHasChanged() {
        BytesTarget memory = target(patch(1, State.REVERTING, going()), patch(2, State.ACTIVE, going()));
        assertThat(states(remedy(memory, RecoveryRulesTest::nobodyToAsk))).isEqualTo(Map.of(1L, State.ACTIVE));
        BytesTarget all = target(patch(1, State.REVERTING, going()), patch(2, State.REVERTING, going()));
        assertThat(states(remedy(all, RecoveryRulesTest::nobodyToAsk)))
                .isEqualTo(Map.of(1L, State.REVERTED, 2L, State.REVERTED));
    }
}
