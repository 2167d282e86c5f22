package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What instructions read and write. */
class RegisterEffectsTest {
    private static RegisterEffects effects(String hex, RegisterSet needed) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        Decoder decoder = new Decoder();
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(code.length);
        return RegisterEffects.of(decoder, Arrays.copyOf(code, 32), 0, needed);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {//
            "48 01 d8       | rax rbx             | rax flags     | add %rbx,%rax", //
            "31 c9          |                     | rcx flags     | xor %ecx,%ecx", //
            "48 8b 44 8b 08 | rcx rbx             | rax           | mov 8(%rbx,%rcx,4),%rax", //
            "48 89 44 8b 08 | rax rcx rbx         |               | mov %rax,8(%rbx,%rcx,4)", //
            "48 f7 e6       | rax rsi             | rax rdx flags | mul %rsi", //
            "48 f7 fe       | rax rdx rsi         | rax rdx flags | idiv %rsi", //
            "48 99          | rax                 | rdx           | cqto", //
            "d3 e8          | rax rcx             | rax flags     | shr %cl,%eax", //
            "0f 45 c1       | rax rcx flags       | rax           | cmovne %ecx,%eax", //
            "f3 48 ab       | rax rcx rdi         | rcx rdi       | rep stos", //
            "66 0f ef c0    |                     | xmm0          | pxor %xmm0,%xmm0", //
            "f2 0f 58 c1    | xmm0 xmm1           | xmm0          | addsd %xmm1,%xmm0", //
            "f2 0f 2a c7    | rdi                 | xmm0          | cvtsi2sd %edi,%xmm0", //
            "f2 48 0f 2c c1 | xmm1                | rax           | cvttsd2si %xmm1,%rax", //
            "66 48 0f 7e c8 | xmm1                | rax           | movq %xmm1,%rax", //
            "0f 28 c1       | xmm1                | xmm0          | movaps %xmm1,%xmm0", //
            "0f 29 0c 24    | rsp xmm1            |               | movaps %xmm1,(%rsp)", //
            "c5 f1 fe c2    | xmm1 xmm2           | xmm0          | vpaddd %xmm2,%xmm1,%xmm0", //
            "c4 e2 f3 f6 c2 | rdx                 | rax rcx       | mulx %rdx,%rcx,%rax", //
            "0f a2          | rax rcx             | rax rcx rdx rbx | cpuid", //
            "0f 05          | rax rdx rsi rdi r8 r9 r10 | rax rcx r11 flags | syscall"})
    void registers(String hex, String reads, String writes, String name) {
        RegisterEffects effects = effects(hex, RegisterSet.ALL);
        assertThat(effects.reads().names()).as(name).containsExactlyInAnyOrder(words(reads));
        assertThat(effects.mayWrite().names()).as(name).containsExactlyInAnyOrder(words(writes));
    }

    private static String[] words(String text) {
        return text == null ? new String[0] : text.split(" ", -1);
    }

    /** A byte that is set does not depend on what the register held, and its copy does not depend on the other bytes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {//
            "40 0f b6 f6 | movzbl %sil,%esi", //
            "01 f1       | add %esi,%ecx", //
            "89 f1       | mov %esi,%ecx"})
    void onlyTheLowestByteIsNeededForTheLowestByte(String hex, String name) {
        RegisterSet low = RegisterSet.general(1, 1).or(RegisterSet.general(6, 1));
        RegisterSet before = effects(hex, low).neededBefore();
        assertThat(before.partsOf(6)).as(name).isEqualTo(1);
    }
}
