/*
 * Reads records of 16 bytes, decodes each with Zydis and with Capstone as 64-bit code, and writes 12 bytes for it:
 *   0 length by Zydis, 0 if invalid   3 displacement: offset   6 immediates: size      9 length by Capstone
 *   1 flow, see below                 4 its size               7 flags read, written   10, 11 unused
 *   2 RIP-relative                    5 immediates: offset     8 rsp is an operand
 */
#include <Zydis/Zydis.h>
#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

#define STATUS_FLAGS (ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | ZYDIS_CPUFLAG_ZF | ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF)

enum { SEQUENTIAL, CALL, JUMP, CONDITIONAL, LOOP, INDIRECT_CALL, INDIRECT_JUMP, RETURN, INTERRUPT, HALT };

static int flow(const ZydisDecodedInstruction *in, const ZydisDecodedOperand *ops) {
    int direct = ops[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && ops[0].imm.is_relative;
    switch (in->mnemonic) {
    case ZYDIS_MNEMONIC_CALL: return direct ? CALL : INDIRECT_CALL;
    case ZYDIS_MNEMONIC_JMP: return direct ? JUMP : INDIRECT_JUMP;
    case ZYDIS_MNEMONIC_LOOP: case ZYDIS_MNEMONIC_LOOPE: case ZYDIS_MNEMONIC_LOOPNE:
    case ZYDIS_MNEMONIC_JRCXZ: case ZYDIS_MNEMONIC_JECXZ: case ZYDIS_MNEMONIC_JCXZ: return LOOP;
    case ZYDIS_MNEMONIC_INT: case ZYDIS_MNEMONIC_INT1: case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_SYSCALL: case ZYDIS_MNEMONIC_SYSENTER: return INTERRUPT;
    case ZYDIS_MNEMONIC_UD0: case ZYDIS_MNEMONIC_UD1: case ZYDIS_MNEMONIC_UD2: case ZYDIS_MNEMONIC_HLT: return HALT;
    case ZYDIS_MNEMONIC_RET: case ZYDIS_MNEMONIC_IRET: case ZYDIS_MNEMONIC_IRETD: case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SYSRET: case ZYDIS_MNEMONIC_SYSEXIT: case ZYDIS_MNEMONIC_UIRET: case ZYDIS_MNEMONIC_RSM: return RETURN;
    default: return direct ? CONDITIONAL : SEQUENTIAL;
    }
}

static void zydis(ZydisDecoder *decoder, const unsigned char *code, unsigned char *out) {
    ZydisDecodedInstruction in;
    ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
    memset(ops, 0, sizeof ops);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, code, 16, &in, ops)))
        return;
    out[0] = in.length;
    out[1] = flow(&in, ops);
    out[2] = in.raw.modrm.offset && in.raw.modrm.mod == 0 && in.raw.modrm.rm == 5 && in.raw.disp.size == 32;
    out[3] = in.raw.disp.offset;
    out[4] = in.raw.disp.size / 8;
    out[5] = in.raw.imm[0].offset;
    out[6] = (in.raw.imm[0].size + in.raw.imm[1].size) / 8;
    if (in.cpu_flags) {
        const ZydisAccessedFlags *f = in.cpu_flags;
        out[7] = ((f->tested & STATUS_FLAGS) != 0) | ((f->modified | f->set_0 | f->set_1 | f->undefined) & STATUS_FLAGS ? 2 : 0);
    }
    for (int i = 0; i < in.operand_count; i++) {
        if (ops[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
            out[8] |= ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, ops[i].reg.value) == ZYDIS_REGISTER_RSP
                && ops[i].reg.value != ZYDIS_REGISTER_AH;
        if (ops[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
            out[8] |= ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, ops[i].mem.base) == ZYDIS_REGISTER_RSP;
    }
}

int main(void) {
    static unsigned char in[16 * 4096], out[12 * 4096];
    ZydisDecoder decoder;
    csh handle;
    size_t records;
    if (!ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64))
        || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return 1;
    cs_insn *insn = cs_malloc(handle);
    while ((records = fread(in, 16, 4096, stdin)) > 0) {
        memset(out, 0, sizeof out);
        for (size_t i = 0; i < records; i++) {
            const uint8_t *code = in + 16 * i;
            size_t size = 16;
            uint64_t address = 0;
            zydis(&decoder, code, out + 12 * i);
            if (cs_disasm_iter(handle, &code, &size, &address, insn))
                out[12 * i + 9] = insn->size;
        }
        fwrite(out, 12, records, stdout);
    }
    return 0;
}
