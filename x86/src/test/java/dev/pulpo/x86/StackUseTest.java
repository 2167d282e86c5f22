package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What functions do with the stack of their callers, by instructions that objdump reads as the comments say. */
class StackUseTest {
    private static final long START = 0x1000;
    private static final long OTHER = 0x2000;
    private static final long STUB = 0x3000;
    private static final long SLOT = 0x4000;

    private static StackUse.Result of(String code) {
        return of(Map.of(START, code));
    }

    private static StackUse.Result of(Map<Long, String> functions) {
        return StackUse.of(START, new StackUse.Code() {
            @Override
            public Optional<FunctionFlow> around(long address) {
                return functions.entrySet().stream()
                        .map(each -> new FunctionFlow(each.getKey(),
                                HexFormat.of().parseHex(each.getValue().replace(" ", ""))))
                        .filter(flow -> flow.hasInstruction(address)).findFirst();
            }

            @Override
            public OptionalLong slot(long address) {
                return address == STUB ? OptionalLong.of(SLOT) : OptionalLong.empty();
            }

            @Override
            public OptionalLong target(long slot) {
                return slot == SLOT ? OptionalLong.of(OTHER) : OptionalLong.empty();
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
            // lea (%rdi,%rsi),%rax; ret
            "48 8d 04 37 c3, 0",
            // mov 8(%rsp),%rax; ret
            "48 8b 44 24 08 c3, 8",
            // push %rbp; mov %rsp,%rbp; mov 0x18(%rbp),%eax; pop %rbp; ret
            "55 48 89 e5 8b 45 18 5d c3, 16",
            // sub $0x18,%rsp; movaps 0x20(%rsp),%xmm0; add $0x18,%rsp; ret
            "48 83 ec 18 0f 28 44 24 20 48 83 c4 18 c3, 16",
            // sub $0x18,%rsp; lea 8(%rsp),%rdi; call +0; add $0x18,%rsp; ret
            "48 83 ec 18 48 8d 7c 24 08 e8 00 00 00 00 48 83 c4 18 c3, 0",
            // push %rbp; lea (%rsp),%rbp; mov 0x10(%rbp),%rax; pop %rbp; ret
            "55 48 8d 2c 24 48 8b 45 10 5d c3, 8",
            // push %rbp; lea (%rsp),%rbp; mov (%rdi),%rbp; mov 0x10(%rbp),%rax; pop %rbp; ret
            "55 48 8d 2c 24 48 8b 2f 48 8b 45 10 5d c3, 0"})
    void argumentsAreFound(String code, int bytes) {
        assertThat(of(code)).isEqualTo(new StackUse.Result.Proven(bytes));
    }

    @ParameterizedTest
    @CsvSource({
            // lea 8(%rsp),%rax; ret
            "48 8d 44 24 08 c3, address",
            // mov %rsp,%rax; ret
            "48 89 e0 c3, address",
            // mov %rax,8(%rsp); ret
            "48 89 44 24 08 c3, change",
            // mov 8(%rsp,%rdi,8),%rax; ret
            "48 8b 44 fc 08 c3, index",
            // jmp *%rax
            "ff e0, jump",
            // jmp *0x100(%rip)
            "ff 25 00 01 00 00, jump",
            // push %rbp; mov %rsp,%rbp; mov (%rdi),%rbp; mov 0x10(%rbp),%rax; pop %rbp; ret
            "55 48 89 e5 48 8b 2f 48 8b 45 10 5d c3, frame pointer",
            // push %rbp; mov %rsp,%rbp; lea 0x10(%rbp),%rax; pop %rbp; ret
            "55 48 89 e5 48 8d 45 10 5d c3, address",
            // ret $8
            "c2 08 00, returns",
            // jmp +0x100
            "e9 00 01 00 00, code",
            // ret; mov 8(%rsp),%rax; ret
            "c3 48 8b 44 24 08 c3, lead"})
    void whatIsNotKnownIsNotProven(String code, String why) {
        assertThat(of(code)).isInstanceOfSatisfying(StackUse.Result.Unproven.class,
                unproven -> assertThat(unproven.reason()).contains(why));
    }

    @ParameterizedTest
    @CsvSource({
            // mov (%rsp),%rax; ret
            "48 8b 04 24 c3, who calls",
            // pop %rdx; push %rdx; ret
            "5a 52 c3, takes its return address",
            // mov %rsp,(%rdi); ret
            "48 89 27 c3, in memory"})
    void someFunctionsAreBoundToTheirFrame(String code, String why) {
        assertThat(of(code)).isInstanceOfSatisfying(StackUse.Result.Bound.class,
                bound -> assertThat(bound.reason()).contains(why));
    }

    /** jmp OTHER, where: mov 0x10(%rsp),%rax; ret. */
    @Test
    void functionsAtTheEndCount() {
        assertThat(of(Map.of(START, "e9 fb 0f 00 00", OTHER, "48 8b 44 24 10 c3")))
                .isEqualTo(new StackUse.Result.Proven(16));
        assertThat(of(Map.of(START, "e9 fb 0f 00 00", OTHER, "48 89 44 24 08 c3")))
                .isInstanceOf(StackUse.Result.Unproven.class);
    }

    /** jmp STUB, or jmp *SLOT, both of which lead to mov 0x10(%rsp),%rax; ret. */
    @ParameterizedTest
    @ValueSource(strings = {"e9 fb 1f 00 00", "ff 25 fa 2f 00 00"})
    void functionsBehindSlotsCount(String code) {
        assertThat(of(Map.of(START, code, OTHER, "48 8b 44 24 10 c3"))).isEqualTo(new StackUse.Result.Proven(16));
        assertThat(of(Map.of(START, code))).isInstanceOf(StackUse.Result.Unproven.class);
        // mov (%rsp),%rax; ret
        assertThat(of(Map.of(START, code, OTHER, "48 8b 04 24 c3"))).isInstanceOf(StackUse.Result.Bound.class);
    }

    /**
     * test %rdi,%rdi; push %rbp; mov %rsp,%rbp; je OTHER; pop %rbp; ret. The part there has the frame of the whole, and may
     * go back to the last two instructions.
     */
    @ParameterizedTest
    @CsvSource({
            // mov 0x10(%rsp),%eax; jmp back
            "8b 44 24 10 e9 04 f0 ff ff, 8",
            // mov 0x18(%rbp),%eax; jmp back
            "8b 45 18 e9 05 f0 ff ff, 16",
            // pop %rbp; ret
            "5d c3, 0",
            // ret
            "c3, returns",
            // sub $8,%rsp; jmp back
            "48 83 ec 08 e9 04 f0 ff ff, returns",
            // mov %rax,0x10(%rsp); jmp back
            "48 89 44 24 10 e9 03 f0 ff ff, change",
            // lea 0x10(%rbp),%rdi; jmp back
            "48 8d 7d 10 e9 04 f0 ff ff, address",
            // mov 8(%rbp),%rax; jmp back
            "48 8b 45 08 e9 04 f0 ff ff, who calls",
            // ud2; ret
            "0f 0b c3, lead"})
    void partsThatLieElsewhereCount(String part, String result) {
        StackUse.Result found = of(Map.of(START, "48 85 ff 55 48 89 e5 0f 84 f3 0f 00 00 5d c3", OTHER, part));
        switch (found) {
            case StackUse.Result.Proven proven -> assertThat(Integer.toString(proven.bytes())).isEqualTo(result);
            case StackUse.Result.Unproven unproven -> assertThat(unproven.reason()).contains(result);
            case StackUse.Result.Bound bound -> assertThat(bound.reason()).contains(result);
        }
    }
}
