package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.EntryDetour.IndirectJumps;
import dev.pulpo.x86.EntryDetour.Original;
import dev.pulpo.x86.EntryPlan.BranchInto;
import dev.pulpo.x86.EntryPlan.Immovable;
import dev.pulpo.x86.EntryPlan.MovedCall;
import dev.pulpo.x86.EntryPlan.NotUnderstood;
import dev.pulpo.x86.EntryPlan.OutOfReach;
import dev.pulpo.x86.EntryPlan.Planned;
import dev.pulpo.x86.EntryPlan.TooShort;
import dev.pulpo.x86.EntryPlan.UnknownJump;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryDetourTest {
    private static final CodeAddress ENTRY = new CodeAddress(0x2000_0000_0000L);
    private static final CodeAddress TRAMPOLINE = ENTRY.plus(0x10_0000);
    private static final CodeAddress NEAR = ENTRY.plus(0x1000);
    private static final CodeAddress FAR = new CodeAddress(0x3000_0000_0000L);

    @Test
    void whatIsOverwrittenEndsWithAnInstruction() {
        EntryDetour detour = planned("f3 0f 1e fa 55 48 89 e5 48 83 ec 10 c9 c3", 14, NEAR);
        assertThat(detour.jump()).isEqualTo(CodeBytes.at(ENTRY.plus(4), "e9 f7 0f 00 00 90 90 90"));
        assertThat(detour.expected()).isEqualTo(CodeBytes.at(ENTRY.plus(4), "55 48 89 e5 48 83 ec 10"));
        assertThat(detour.original()).contains(TRAMPOLINE);
        assertThat(detour.trampoline())
                .isEqualTo(CodeBytes.at(TRAMPOLINE, "f3 0f 1e fa 55 48 89 e5 48 83 ec 10 e9 fb ff ef ff"));
        assertThat(detour.isInterior(ENTRY.plus(4))).isFalse();
        assertThat(detour.isInterior(ENTRY.plus(5))).isTrue();
        assertThat(detour.isInterior(ENTRY.plus(11))).isTrue();
        assertThat(detour.isInterior(ENTRY.plus(12))).isFalse();
    }

    @Test
    void aReplacementFarAwayIsReachedThroughTheTrampoline() {
        EntryDetour detour = planned("48 8d 47 01 90 c3", 6, FAR);
        assertThat(FarJump.recognise(detour.jump(), ENTRY)).contains(FarJump.between(ENTRY, TRAMPOLINE));
        assertThat(FarJump.recognise(detour.trampoline(), TRAMPOLINE)).contains(FarJump.between(TRAMPOLINE, FAR));
        assertThat(detour.original()).contains(TRAMPOLINE.plus(14));
    }

    @Test
    void whereSixBytesAreOverwrittenOneJumpLeadsFarAway() {
        CodeBytes code = CodeBytes.at(ENTRY, "48 8d 47 01 90 c3 cc cc");
        assertThat(planned("48 83 ec 10 48 89 e5", 7, FAR).jump().toByteArray()).startsWith(0xff, 0x25).hasSize(7);
        EntryPlan plan = EntryDetour.plan(code, 6, List.of(), FAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.CALLABLE,
                EntryDetour.ROOM_FOR_FAR);
        EntryDetour detour = ((Planned) plan).detour();
        // The displacement leads from the end of the jump to the slot; the original follows the slot.
        assertThat(detour.jump()).isEqualTo(CodeBytes.at(ENTRY, "ff 25 fa ff 0f 00"));
        assertThat(detour.trampoline().int64At(TRAMPOLINE)).isEqualTo(FAR.value());
        assertThat(detour.original()).contains(TRAMPOLINE.plus(16));
        assertThat(detour.trampoline().slice(TRAMPOLINE.plus(16), 6).toByteArray())
                .isEqualTo(CodeBytes.at(ENTRY, "48 8d 47 01 90 c3").toByteArray());
        assertThat(detour.state(detour.jump())).isEqualTo(EntryDetour.State.IN_PLACE);
    }

    @Test
    void aFunctionThatRunsOnIntoItsPaddingKeepsItWhereItsOriginalIsCalled() {
        CodeBytes code = CodeBytes.at(ENTRY, "48 ff c7 90 90 90");
        assertThat(EntryDetour.plan(code, 3, List.of(), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.CALLABLE,
                EntryDetour.ROOM)).isEqualTo(new TooShort(3, 5));
        assertThat(EntryDetour.plan(code, 3, List.of(), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.GONE,
                EntryDetour.ROOM)).isInstanceOf(Planned.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"31 c0 c3 90 90", "31 c0 c3 cc cc cc", "31 c0 c3 00 00", "31 c0 c3 66 90",
            "31 c0 c3 0f 1f 44 00 00"})
    void paddingBehindAShortFunctionIsUsed(String code) {
        EntryDetour detour = planned(code, 3, NEAR);
        assertThat(detour.jump().length()).isEqualTo(5);
        assertThat(detour.trampoline()).isEqualTo(CodeBytes.at(TRAMPOLINE, "31 c0 c3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"31 c0 c3", "31 c0 c3 90", "31 c0 c3 55 48", "31 c0 c3 90 55", "31 c0 c3 cc 90"})
    void whatFollowsAShortFunctionIsNotOverwrittenUnlessItIsPadding(String code) {
        assertThat(plan(code, 3, NEAR)).isEqualTo(new TooShort(3, 5));
    }

    @ParameterizedTest
    @CsvSource({"48 83 ef 01 90 75 f9 c3, 5, 0", "48 83 ef 01 90 75 fd c3, 5, 4",
            "48 83 ef 01 90 e9 f6 ff ff ff, 5, 0",
            // a moved loop over the endbr64 in front would end up in the replacement
            "f3 0f 1e fa 48 ff cf 75 f7 c3, 7, 0"})
    void aBranchToWhatIsOverwrittenIsARefusal(String code, int from, int target) {
        assertThat(plan(code, code.replace(" ", "").length() / 2, NEAR))
                .isEqualTo(new BranchInto(ENTRY.plus(from), ENTRY.plus(target)));
    }

    @Test
    void aLoopAmongTheMovedInstructionsStaysAmongThem() {
        EntryDetour detour = planned("48 ff cf 75 fb c3", 6, NEAR);
        assertThat(detour.trampoline())
                .isEqualTo(CodeBytes.at(TRAMPOLINE, "48 ff cf 0f 85 f7 ff ff ff e9 f7 ff ef ff"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"48 ff cf 90 90 75 f9 c3", "48 83 ef 01 90 e9 f6 ff ff ff", "f3 0f 1e fa 48 ff cf 75 fb c3",
            "f3 0f 1e fa 48 ff cf 75 f7 c3"})
    void aLoopToTheEntryIsNoneWhereTheOriginalIsGone(String code) {
        int length = code.replace(" ", "").length() / 2;
        assertThat(EntryDetour.plan(CodeBytes.at(ENTRY, code), length, List.of(), NEAR, TRAMPOLINE,
                IndirectJumps.REFUSE, Original.GONE, EntryDetour.ROOM)).isInstanceOf(Planned.class);
        assertThat(plan(code, length, NEAR)).isInstanceOf(code.startsWith("f3 0f 1e fa 48 ff cf 75 fb")
                ? Planned.class
                : BranchInto.class);
    }

    @Test
    void aLoopIntoTheEntryStaysARefusalWhereTheOriginalIsGone() {
        assertThat(EntryDetour.plan(CodeBytes.at(ENTRY, "48 83 ef 01 90 75 fd c3"), 8, List.of(), NEAR, TRAMPOLINE,
                IndirectJumps.REFUSE, Original.GONE, EntryDetour.ROOM))
                .isEqualTo(new BranchInto(ENTRY.plus(5), ENTRY.plus(4)));
    }

    @Test
    void recursionIsNone() {
        assertThat(plan("48 83 ef 01 90 e8 f6 ff ff ff c3", 11, NEAR)).isInstanceOf(Planned.class);
    }

    @Test
    void aBranchFromAnotherPartIsARefusal() {
        CodeBytes code = CodeBytes.at(ENTRY, "48 83 ef 01 90 c3");
        CodeBytes cold = CodeBytes.at(ENTRY.plus(0x100), "90 e9 fe fe ff ff");
        assertThat(EntryDetour.plan(code, 6, List.of(cold), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.CALLABLE,
                EntryDetour.ROOM))
                .isEqualTo(new BranchInto(ENTRY.plus(0x101), ENTRY.plus(4)));
    }

    @Test
    void jumpsThroughTablesNeedTheCallersWord() {
        CodeBytes code = CodeBytes.at(ENTRY, "48 83 ef 01 90 3e ff e7");
        assertThat(EntryDetour.plan(code, 8, List.of(), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.CALLABLE,
                EntryDetour.ROOM))
                .isEqualTo(new UnknownJump(ENTRY.plus(5)));
        assertThat(EntryDetour.plan(code, 8, List.of(), NEAR, TRAMPOLINE, IndirectJumps.NEVER_LEAD_TO_THE_ENTRY,
                Original.CALLABLE, EntryDetour.ROOM))
                .isInstanceOf(Planned.class);
    }

    @Test
    void theOtherRefusals() {
        assertThat(plan("06 90 90 90 90 c3", 6, NEAR)).isEqualTo(new NotUnderstood(ENTRY));
        assertThat(plan("48 83 ef 01 90 06 c3", 7, NEAR)).isEqualTo(new NotUnderstood(ENTRY.plus(5)));
        assertThat(plan("e8 00 00 00 00 58 c3", 7, NEAR)).isEqualTo(
                new Immovable(new Relocation.CannotMove(ENTRY, Relocation.Reason.CALLS_MOVED_CODE)));
        CodeBytes code = CodeBytes.at(ENTRY, "48 83 ef 01 90 c3");
        assertThat(EntryDetour.plan(code, 6, List.of(), FAR, FAR, IndirectJumps.REFUSE, Original.CALLABLE,
                EntryDetour.ROOM))
                .isEqualTo(new OutOfReach(ENTRY, FAR));
    }

    @Test
    void anOriginalThatNobodyCallsNeedsNoTrampolineAndMayBeImmovable() {
        CodeBytes code = CodeBytes.at(ENTRY, "e8 00 00 00 00 58 c3");
        EntryPlan plan = EntryDetour.plan(code, 7, List.of(), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.GONE,
                EntryDetour.ROOM);
        assertThat(plan).isInstanceOfSatisfying(Planned.class, planned -> {
            assertThat(planned.detour().trampoline().length()).isZero();
            assertThat(planned.detour().original()).isEmpty();
        });
        plan = EntryDetour.plan(code, 7, List.of(), FAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.GONE,
                EntryDetour.ROOM);
        assertThat(plan).isInstanceOfSatisfying(Planned.class,
                planned -> assertThat(planned.detour().trampoline().length()).isEqualTo(14));
    }

    @Test
    void aCallIsNotMovedForWhoeverCallsTheOriginal() {
        assertThat(plan("ff d0 48 89 c3 c3", 6, NEAR)).isEqualTo(new MovedCall(ENTRY));
    }

    @Test
    void controlThatLeavesAmongTheOverwrittenBytesIsTold() {
        assertThat(planned("48 8d 47 01 90 c3", 6, NEAR).straight()).isTrue();
        assertThat(planned("85 ff 74 03 90 c3 c3 c3", 8, NEAR).straight()).isTrue();
        CodeBytes code = CodeBytes.at(ENTRY, "ff d0 48 89 c3 c3");
        assertThat(EntryDetour.plan(code, 6, List.of(), NEAR, TRAMPOLINE, IndirectJumps.REFUSE, Original.GONE,
                EntryDetour.ROOM))
                .isInstanceOfSatisfying(Planned.class, p -> assertThat(p.detour().straight()).isFalse());
    }

    private static EntryDetour planned(String code, int length, CodeAddress target) {
        EntryPlan plan = plan(code, length, target);
        assertThat(plan).isInstanceOf(Planned.class);
        return ((Planned) plan).detour();
    }

    private static EntryPlan plan(String code, int length, CodeAddress target) {
        return EntryDetour.plan(CodeBytes.at(ENTRY, code), length, List.of(), target, TRAMPOLINE,
                IndirectJumps.REFUSE, Original.CALLABLE, EntryDetour.ROOM);
    }
}
