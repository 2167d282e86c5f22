package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What functions do with the stack of their callers, by instructions that objdump reads as the comments say. */
class StackUseTest {
    private static final long START = 0x1000;
    private static final long OTHER = 0x2000;

    private static StackUse.Result of(String code) {
        return of(Map.of(START, code));
    }

    private static StackUse.Result of(Map<Long, String> functions) {
        return StackUse.of(START, address -> Optional.ofNullable(functions.get(address))
                .map(code -> new FunctionFlow(address, HexFormat.of().parseHex(code.replace(" ", "")))));
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
            "48 83 ec 18 48 8d 7c 24 08 e8 00 00 00 00 48 83 c4 18 c3, 0"})
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
}
