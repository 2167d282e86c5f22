package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether r10 is read, in code that an assembler has made. */
class RegisterScanTest {
    private static final int R10 = 10;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"ret", "cmp $-4096, %rax; ja 1f; ret; 1: mov %ebp, %edi; call 1b; neg %eax; ret",
            "mov %r9, %rax; push %r11; pop %r12; add (%r8,%r9,4), %rdx; ret", "0: dec %ecx; jnz 0b; ud2",
            "mov %r11d, %fs:(%rdx); call *(%rax); add $0x28, %rsp; ret", "inc %edx; mov (%rdx), %dl; push %rdx; ret"})
    void itIsUnread(String code) throws Exception {
        assertThat(RegisterScan.isUnread(assembled(code), R10)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mov %r10, %rax; ret", "push %r10; ret", "bswap %r10; ret", "mov (%r10), %al; ret",
            "mov (%rax,%r10,2), %al; ret", "mov 8(%r10,%rax), %al; ret", "add %r10b, (%rax); ret", "call *%r10; ret",
            "test %eax, %eax; jz 1f; ret; 1: mov %r10d, %eax; ret",
            "cmp $0, %eax; je 1f; ret; nop; 1: xchg %r10, %rax; ret", "andn %rax, %r10, %rdx; ret", "jmp *%rax",
            "mov $39, %eax; syscall; ret", "0: jmp 0b - 16", "nop", "movzbl %r10b, %eax; ret", "shl $3, %r10; ret"})
    void itMayBeRead(String code) throws Exception {
        assertThat(RegisterScan.isUnread(assembled(code), R10)).isFalse();
    }

    @Test
    void cutOffCodeMayReadIt() throws Exception {
        byte[] code = assembled("mov $1, %eax; ret");
        for (int length = 0; length < code.length; length++) {
            assertThat(RegisterScan.isUnread(java.util.Arrays.copyOf(code, length), R10)).isFalse();
        }
    }

    @Test
    void registersThatAreUsedUnnamedAreRefused() {
        assertThatThrownBy(() -> RegisterScan.isUnread(new byte[0], 2)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2");
    }

    private byte[] assembled(String code) throws Exception {
        Path source = Files.writeString(directory.resolve("code.s"), code.replace("; ", "\n") + "\n");
        Path object = directory.resolve("code.o");
        Path text = directory.resolve("code.text");
        Command.run("as", "-o", object.toString(), source.toString());
        Command.run("objcopy", "-O", "binary", "--only-section=.text", object.toString(), text.toString());
        return Files.readAllBytes(text);
    }
}
