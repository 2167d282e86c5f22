package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.Recognition.Detoured;
import dev.pulpo.x86.Recognition.Dormant;
import dev.pulpo.x86.Recognition.NotPrepared;
import dev.pulpo.x86.Recognition.Reason;
import dev.pulpo.x86.Recognition.Untouched;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreparedDetourTest {
    private static final CodeAddress ENTRY = new CodeAddress(0x40_100e);
    private static final PreparedDetour PLAIN = new PreparedDetour(ENTRY, false);
    private static final PreparedDetour WITH_ENDBR = new PreparedDetour(ENTRY, true);
    private static final CodeAddress NEAR = new CodeAddress(0x50_0000);
    private static final CodeAddress FAR = new CodeAddress(0x7f12_3456_789aL);
    private static final String NOPS = "90".repeat(14);
    private static final String DIRECT = "e9 fb ef 0f 00" + "90".repeat(9);
    private static final String ABSOLUTE = "ff 25 00 00 00 00 9a 78 56 34 12 7f 00 00";
    private static final String BODY = "8d 47 01 c3";

    @Test
    void theFlipSlotStandsAtTheEntryOrBehindItsEndbr64() {
        assertThat(PLAIN.flipSlot()).isEqualTo(ENTRY);
        assertThat(WITH_ENDBR.flipSlot()).isEqualTo(new CodeAddress(0x40_1012));
        assertThat(PLAIN.padding()).isEqualTo(new CodeAddress(0x40_1000)).isEqualTo(WITH_ENDBR.padding());
    }

    @Test
    void theFlipJumpsToTheStartOfThePadding() {
        assertThat(PLAIN.flip()).isEqualTo(CodeBytes.at(ENTRY, "eb f0"));
        assertThat(WITH_ENDBR.flip()).isEqualTo(CodeBytes.at(ENTRY.plus(4), "eb ec"));
    }

    @Test
    void thePaddingHoldsADirectJumpWhereThatReaches() {
        assertThat(PLAIN.paddingTo(NEAR)).isEqualTo(CodeBytes.at(PLAIN.padding(), DIRECT));
        assertThat(PLAIN.jumpTo(NEAR).form()).isEqualTo(FarJump.Form.DIRECT);
    }

    @Test
    void thePaddingHoldsAnAbsoluteJumpElsewhere() {
        assertThat(PLAIN.paddingTo(FAR)).isEqualTo(CodeBytes.at(PLAIN.padding(), ABSOLUTE));
        assertThat(PLAIN.jumpTo(FAR).form()).isEqualTo(FarJump.Form.ABSOLUTE);
    }

    @Test
    void noThreadMayStandInsideThePaddingOrBetweenTheTwoNops() {
        List<CodeAddress> interior = IntStream.range(-20, 20).mapToObj(ENTRY::plus).filter(WITH_ENDBR::isInterior)
                .toList();
        assertThat(interior).hasSize(14).contains(ENTRY.plus(-13), ENTRY.plus(-1), ENTRY.plus(5))
                .isEqualTo(WITH_ENDBR.interior());
        assertThat(PLAIN.interior()).hasSize(14).contains(ENTRY.plus(1)).allMatch(PLAIN::isInterior);
    }

    @Test
    void aFlipAcrossTwoCacheLinesIsNotOneStore() {
        assertThat(PLAIN.flipsInOneStore()).isTrue();
        assertThat(new PreparedDetour(new CodeAddress(0x103e), false).flipsInOneStore()).isTrue();
        assertThat(new PreparedDetour(new CodeAddress(0x103f), false).flipsInOneStore()).isFalse();
        assertThat(new PreparedDetour(new CodeAddress(0x103b), true).flipsInOneStore()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"90 90", "66 90"})
    void nopsOfEitherKindAreUntouched(String slot) {
        assertThat(recognise(NOPS + slot + BODY)).isEqualTo(new Untouched(PLAIN));
        assertThat(recognise(NOPS + "f3 0f 1e fa" + slot)).isEqualTo(new Untouched(WITH_ENDBR));
    }

    @ParameterizedTest
    @ValueSource(strings = {"66 2e 0f 1f 84 00 00 00 00 00 0f 1f 40 00", "0f 1f 80 00 00 00 00 0f 1f 80 00 00 00 00"})
    void mergedPaddingIsUntouched(String padding) {
        assertThat(recognise(padding + "66 90" + BODY)).isEqualTo(new Untouched(PLAIN));
    }

    @Test
    void aFlippedEntryIsDetoured() {
        assertThat(recognise(DIRECT + "eb f0" + BODY)).isEqualTo(new Detoured(PLAIN, PLAIN.jumpTo(NEAR)));
        assertThat(recognise(ABSOLUTE + "eb f0" + BODY)).isEqualTo(new Detoured(PLAIN, PLAIN.jumpTo(FAR)));
        assertThat(recognise(DIRECT + "f3 0f 1e fa eb ec"))
                .isEqualTo(new Detoured(WITH_ENDBR, WITH_ENDBR.jumpTo(NEAR)));
        assertThat(recognise(ABSOLUTE + "f3 0f 1e fa eb ec"))
                .isEqualTo(new Detoured(WITH_ENDBR, WITH_ENDBR.jumpTo(FAR)));
    }

    @Test
    void aDirectJumpOverTheRestOfAnAbsoluteOneIsDetouredAllTheSame() {
        assertThat(recognise("e9 fb ef 0f 00 00 9a 78 56 34 12 7f 00 00" + "eb f0" + BODY))
                .isEqualTo(new Detoured(PLAIN, PLAIN.jumpTo(NEAR)));
    }

    @Test
    void anEntryThatWasFlippedBackIsDormant() {
        assertThat(recognise(ABSOLUTE + "66 90" + BODY)).isEqualTo(new Dormant(PLAIN, PLAIN.jumpTo(FAR)));
        assertThat(recognise(DIRECT + "f3 0f 1e fa 90 90")).isEqualTo(new Dormant(WITH_ENDBR, WITH_ENDBR.jumpTo(NEAR)));
    }

    @ParameterizedTest
    @CsvSource({
            // an ordinary function
            "909090909090909090909090 9090, 55 48 89 e5 90 90, NO_FLIP_SLOT",
            // a pause is no nop, and a short jump to elsewhere no flip
            "909090909090909090909090 9090, f3 90 90 90 90 90, NO_FLIP_SLOT",
            "909090909090909090909090 9090, eb f1 90 90 90 90, NO_FLIP_SLOT",
            "909090909090909090909090 9090, f3 0f 1e fa eb f0, NO_FLIP_SLOT",
            // nops at the entry, but the end of another function before it
            "909090909090909090909090 5dc3, 90 90 90 90 90 90, NO_PADDING",
            "e9fbef0f00 909090909090 9090c3, 90 90 90 90 90 90, NO_PADDING",
            // a nop that begins in the padding and ends at the entry
            "909090909090909090909090 9066, 90 90 90 90 90 90, NO_PADDING",
            "909090909090909090909090 9090, eb f0 90 90 90 90, UNKNOWN_JUMP",
            "cccccccccccccccccccccccc cccc, eb f0 90 90 90 90, UNKNOWN_JUMP"})
    void anythingElseIsNotPreparedForAReason(String padding, String code, Reason reason) {
        CodeBytes found = CodeBytes.at(PLAIN.padding(), padding + code);
        assertThat(Detour.recognise(found, ENTRY)).isInstanceOfSatisfying(NotPrepared.class, no -> {
            assertThat(no.reason()).isEqualTo(reason);
            assertThat(no.entry()).isEqualTo(ENTRY);
        });
    }

    @Test
    void tooFewBytesAreSaidToBeTooFew() {
        CodeBytes all = CodeBytes.at(PLAIN.padding(), NOPS + "f3 0f 1e fa 90 90");
        for (CodeBytes part : List.of(all.slice(all.start().plus(1), 19), all.slice(all.start(), 19),
                all.slice(all.start(), 15))) {
            assertThat(Detour.recognise(part, ENTRY)).isEqualTo(new NotPrepared(ENTRY, Reason.TOO_FEW_BYTES, part));
        }
    }

    @Test
    void whatTheDetourWritesIsRecognisedAndTakenBack() {
        for (PreparedDetour detour : List.of(PLAIN, WITH_ENDBR)) {
            for (CodeAddress target : List.of(NEAR, FAR)) {
                Memory memory = new Memory(CodeBytes.at(detour.padding(),
                        NOPS + (detour.endbr64() ? "f3 0f 1e fa" : "") + "90 90" + BODY + BODY));
                CodeBytes before = memory.bytes();
                memory.write(detour.paddingTo(target));
                assertThat(recognise(memory)).isEqualTo(new Dormant(detour, detour.jumpTo(target)));
                memory.write(detour.flip());
                assertThat(recognise(memory)).isEqualTo(new Detoured(detour, detour.jumpTo(target)));
                memory.write(before.slice(detour.flipSlot(), 2));
                memory.write(before.slice(detour.padding(), 14));
                assertThat(recognise(memory)).isEqualTo(new Untouched(detour));
            }
        }
    }

    private static Recognition recognise(String bytesFromPadding) {
        return Detour.recognise(CodeBytes.at(PLAIN.padding(), bytesFromPadding), ENTRY);
    }

    private static Recognition recognise(Memory memory) {
        return Detour.recognise(memory.bytes(), ENTRY);
    }
}
