package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.Relocation.Moved;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Moved code does what it did: both are run with the same registers, and leave the same registers and flags. */
class RelocationRunsTest {
    private static final CodeAddress HERE = new CodeAddress(0x2000_0000_0000L);
    private static final CodeAddress NEAR = HERE.plus(0x1000_0000);
    private static final CodeAddress FAR = new CodeAddress(0x3000_0000_0000L);
    private static final int RUNS = 40;

    @TempDir
    private Path directory;

    /** What stands before {@code stop:} is moved; what follows is called or jumped to from there, or data. */
    @ParameterizedTest
    @ValueSource(strings = {"lea 1(%rdi,%rsi), %rax; xor %rdx, %rax; stop: ret",
            // data, read and compared in all of the ways that can be written with an absolute address
            "lea data(%rip), %rax; mov data(%rip), %rcx; mov data+4(%rip), %r9d; add %r9, %rcx; stop: ret",
            "mov data(%rip), %r12d; mov data(%rip), %r13; lea (%r12,%r13), %rax; mov %rax, %rbx; mov data(%rip), %ebp;"
                    + " add %rbp, %rax; stop: ret",
            // branches among themselves, of both lengths
            "cmp %rdi, %rsi; jb 1f; mov %rdi, %rax; jmp 2f; 1: mov %rsi, %rax; 2: adc %rdx, %rax; stop: ret",
            "mov $0, %eax; 1: add %rdi, %rax; inc %rdx; test $7, %dl; {disp32} jne 1b; stop: ret",
            // branches to the rest, each condition with and without being met
            "test %rdi, %rsi; jz other; js other; jp other; mov $5, %eax; stop: ret; other: mov $6, %eax; ret",
            "cmp %edi, %esi; jle other; mov $5, %eax; jmp other; stop: ret; other: adc $6, %eax; ret",
            // loops count without touching flags
            "and $15, %ecx; inc %ecx; cmp %rdi, %rsi; 1: lea 3(%rax), %rax; loop 1b; stop: ret",
            "and $1, %ecx; jrcxz other; mov $7, %eax; stop: ret; other: mov $8, %eax; ret",
            "and $1, %ecx; jecxz other; mov $7, %eax; stop: ret; other: mov $8, %eax; ret",
            "and $7, %ecx; inc %ecx; cmp %edx, %edi; 1: lea 3(%rax), %rax; loopne 1b; loope other; stop: ret;"
                    + " other: mov $8, %eax; ret",
            // calls, and jumps through memory that is near in both places
            "push %rdi; call other; pop %rcx; sub %rcx, %rax; stop: ret; other: lea (%rdi,%rdi,2), %rax; ret",
            "lea other(%rip), %rax; call *%rax; stop: ret; other: imul %rsi, %rdi; mov %rdi, %rax; ret",
            "xor %eax, %eax; jmp other; stop: ret; other: sbb %rdi, %rax; ret"})
    void movedCodeDoesTheSame(String text) throws Exception {
        String source = "push %rbx; push %rbp; push %r12; push %r13; call 9f; pop %r13; pop %r12; pop %rbp; pop %rbx;"
                + " ret; .org 0x40; 9: begin: " + text
                + "; .org 0x100; data: .quad 0x123456789abcdef0, 0x1122334455667788;"
                + " .org 0x200; .long stop - begin";
        CodeBytes code = Victim.assemble(directory, HERE, source);
        int length = code.int32At(HERE.plus(0x200));
        CodeBytes begin = code.slice(HERE.plus(0x40), length);
        try (Victim victim = new Victim(directory)) {
            victim.map(HERE, 0x1000);
            victim.write(code);
            for (CodeAddress place : new CodeAddress[]{NEAR, FAR}) {
                victim.map(place, 0x1000);
                Assembler out = new Assembler(place);
                out.code(code.slice(HERE, 0x40));
                Relocation relocation = Relocator.move(begin, out.here());
                assertThat(relocation).isInstanceOf(Moved.class);
                out.code(((Moved) relocation).code()).jump(begin.end());
                victim.write(out.code());
                compare(victim, place);
            }
        }
    }

    private static void compare(Victim victim, CodeAddress place) throws IOException {
        Random random = new Random(42);
        int different = 0;
        String first = victim.run(HERE, 1, 2, 3, 4);
        for (int i = 0; i < RUNS; i++) {
            int bits = random.nextInt(1, 64);
            long[] registers = random.longs(4).map(r -> r >>> bits).toArray();
            String expected = victim.run(HERE, registers);
            assertThat(victim.run(place, registers)).isEqualTo(expected);
            different += expected.equals(first) ? 0 : 1;
        }
        assertThat(different).as("runs whose outcome depends on the registers").isPositive();
    }
}
