package dev.pulpo.x86.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Flow;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Single instructions; {@link ObjdumpTextTest} compares many. */
class DisassemblerTest {
    private static final CodeAddress START = new CodeAddress(0x1000);

    private static List<Instruction> all(String hex) {
        return new Disassembler().all(CodeBytes.at(START, hex));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            f3 0f 1e fa             | endbr64                                | endbr64
            48 83 ec 08             | sub rsp,0x8                            | sub $0x8,%rsp
            83 c0 80                | add eax,0xffffff80                     | add $0xffffff80,%eax
            81 38 01 00 00 00       | cmp DWORD PTR [rax],0x1                | cmpl $0x1,(%rax)
            64 48 8b 04 25 28 00 00 00 | mov rax,QWORD PTR fs:0x28           | mov %fs:0x28,%rax
            48 8d 05 10 00 00 00    | lea rax,[rip+0x10]                     | lea 0x10(%rip),%rax
            8b 44 8d f8             | mov eax,DWORD PTR [rbp+rcx*4-0x8]      | mov -0x8(%rbp,%rcx,4),%eax
            66 2e 0f 1f 84 00 00 00 00 00 | cs nop WORD PTR [rax+rax*1+0x0]  | cs nopw 0x0(%rax,%rax,1)
            74 10                   | je 0x1012                              | je 0x1012
            3e 75 10                | ds jne 0x1013                          | jne,pt 0x1013
            e8 fb ff ff ff          | call 0x1000                            | call 0x1000
            66 48 e8 fb ff ff ff    | data16 rex.W call 0x1002               | data16 rex.W call 0x1002
            ff 24 c5 00 00 00 00    | jmp QWORD PTR [rax*8+0x0]              | jmp *0x0(,%rax,8)
            3e ff e0                | notrack jmp rax                        | notrack jmp *%rax
            f2 c3                   | bnd ret                                | bnd ret
            f3 a4                   | rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi] | rep movsb %ds:(%rsi),%es:(%rdi)
            f0 0f b1 0f             | lock cmpxchg DWORD PTR [rdi],ecx       | lock cmpxchg %ecx,(%rdi)
            0f b6 c0                | movzx eax,al                           | movzbl %al,%eax
            48 98                   | cdqe                                   | cltq
            d1 e8                   | shr eax,1                              | shr %eax
            c8 10 00 01             | enter 0x10,0x1                         | enter $0x10,$0x1
            dc e1                   | fsubr st(1),st                         | fsub %st,%st(1)
            f2 48 0f 2a c0          | cvtsi2sd xmm0,rax                      | cvtsi2sd %rax,%xmm0
            0f c2 c1 01             | cmpltps xmm0,xmm1                      | cmpltps %xmm1,%xmm0
            66 0f 3a 44 c8 11       | pclmulhqhqdq xmm1,xmm0                 | pclmulhqhqdq %xmm0,%xmm1
            0f 0f c8 9e             | pfadd mm1,mm0                          | pfadd %mm0,%mm1
            c5 f5 58 10             | vaddpd ymm2,ymm1,YMMWORD PTR [rax]     | vaddpd (%rax),%ymm1,%ymm2
            c4 e2 6d 90 04 89       | vpgatherdd ymm0,DWORD PTR [rcx+ymm1*4],ymm2 | vpgatherdd %ymm2,(%rcx,%ymm1,4),%ymm0
            62 f1 7c d9 58 08       | vaddps zmm1{k1}{z},zmm0,DWORD BCST [rax] | vaddps (%rax){1to16},%zmm0,%zmm1{%k1}{z}
            62 f1 7c 19 58 c8       | vaddps zmm1{k1},zmm0,zmm0{rn-sae}      | vaddps {rn-sae},%zmm0,%zmm0,%zmm1{%k1}
            62 f1 7c 48 11 40 01    | vmovups ZMMWORD PTR [rax+0x40],zmm0    | vmovups %zmm0,0x40(%rax)
            """)
    void textIsAsObjdumpWritesIt(String hex, String intel, String att) {
        assertThat(all(hex)).singleElement().satisfies(instruction -> {
            assertThat(instruction.text(Syntax.INTEL).replaceAll(" +", " ")).isEqualTo(intel);
            assertThat(instruction.text(Syntax.ATT).replaceAll(" +", " ")).isEqualTo(att);
        });
    }

    @Test
    void whatItLeadsToIsAnAddress() {
        assertThat(all("74 10").getFirst().target()).contains(new CodeAddress(0x1012));
        Instruction load = all("48 8b 05 10 00 00 00").getFirst();
        assertThat(load.pointer()).contains(new CodeAddress(0x1017));
        assertThat(load.target()).isEmpty();
        assertThat(load.flow()).contains(Flow.SEQUENTIAL);
    }

    @Test
    void bytesThatAreNoInstructionAreBadOneByOne() {
        assertThat(all("06 c3")).extracting(each -> each.text(Syntax.INTEL)).containsExactly("(bad)", "ret");
        assertThat(all("06").getFirst().flow()).isEmpty();
        // An instruction that the end cuts off.
        assertThat(all("e8 00")).first().extracting(each -> each.text(Syntax.ATT)).isEqualTo("(bad)");
    }

    /** A processor with APX executes it: {@code add r16, rax}. */
    @Test
    void anInstructionWithoutANameHasALength() {
        assertThat(all("d5 18 01 c0")).singleElement().satisfies(instruction -> {
            assertThat(instruction.isNamed()).isFalse();
            assertThat(instruction.text(Syntax.INTEL)).isEqualTo(".byte  0xd5,0x18,0x01,0xc0");
        });
    }

    /** Data among code, or hostile code. */
    @Test
    void anyBytesHaveATextInBothSyntaxes() {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        List<Instruction> all = new Disassembler().all(CodeBytes.at(START, bytes));
        assertThat(all.stream().mapToInt(Instruction::length).sum()).isEqualTo(bytes.length);
        assertThat(all).allSatisfy(each -> {
            assertThat(each.text(Syntax.INTEL)).isNotBlank();
            assertThat(each.text(Syntax.ATT)).isNotBlank();
        });
    }

    @Test
    void anInstructionPrintsItself() {
        assertThat(all("c3").getFirst()).hasToString("0x1000: c3                             ret");
    }
}
