/*
 * The function of a TLS descriptor ("Thread-Local Storage Descriptors for IA32 and AMD64/EM64T"): for patches that are
 * compiled with -mtls-dialect=gnu2 and use thread-local variables of their target. The tool fills the descriptor:
 *
 *     rax ->  0  address of this function
 *             8  module id of the target << 40 | offset of the variable
 *
 * Returns in rax the offset of the variable from the thread pointer. Preserves all other registers, including vectors,
 * because the caller does not expect a call.
 */
    .file "pulpo_tls.S"          /* otherwise the linker records the assembler's temporary file */
    .set XSTATE_BYTES, 2816         /* x87, SSE, AVX, AVX-512 in the standard format, at any offsets that CPUID reports */
    .set XSTATE_MASK, 0xe7

    .text
    .globl pulpo_tls_descriptor
    .hidden pulpo_tls_descriptor
    .type pulpo_tls_descriptor, @function
    .balign 16
pulpo_tls_descriptor:
    .cfi_startproc
    endbr64
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    movq 8(%rax), %rax
    movq %rax, %rcx
    shrq $40, %rcx
    shlq $24, %rax
    shrq $24, %rax
    pushq %rax                      /* a tls_index: module, offset */
    pushq %rcx
    movq %rsp, %rdi
    subq $XSTATE_BYTES, %rsp
    andq $-64, %rsp
    cmpl $0, pulpo_has_xsave(%rip)
    je 1f
    xorl %edx, %edx
    movq %rdx, 512(%rsp)            /* the header: bytes that xsave does not write must be zero for xrstor */
    movq %rdx, 520(%rsp)
    movq %rdx, 528(%rsp)
    movq %rdx, 536(%rsp)
    movq %rdx, 544(%rsp)
    movq %rdx, 552(%rsp)
    movq %rdx, 560(%rsp)
    movq %rdx, 568(%rsp)
    movl $XSTATE_MASK, %eax
    xsave64 (%rsp)
    call __tls_get_addr@PLT
    movq %rax, %rcx
    movl $XSTATE_MASK, %eax
    xorl %edx, %edx
    xrstor64 (%rsp)
    jmp 2f
1:  fxsave64 (%rsp)
    call __tls_get_addr@PLT
    movq %rax, %rcx
    fxrstor64 (%rsp)
2:  subq %fs:0, %rcx
    movq %rcx, %rax
    leaq -64(%rbp), %rsp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbp
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size pulpo_tls_descriptor, . - pulpo_tls_descriptor

    .section .note.GNU-stack, "", @progbits
