/*
 * The entry of a borrowed thread. The tool has set its registers:
 *
 *     rsp  the ucontext of a complete signal frame (a multiple of 16)
 *     rbx  a function, and its arguments in rdi, rsi, rdx, rcx, r8, r9
 *     r12  where the function's result goes
 *     r13  a signal that is ignored by default and has no handler
 *     r14  the process id, r15 the thread id, as the process itself sees them
 *
 * Functions preserve all these registers except the arguments (psABI 3.2.1). The code is position-independent and
 * self-contained, so that it can be copied into a process that has no stub yet.
 */
    .text
    .globl pulpo_call
    .hidden pulpo_call
    .type pulpo_call, @function
    .balign 16
pulpo_call:
    .cfi_startproc
    .cfi_undefined rip          /* the frames above are the thread's own; nothing called this */
    endbr64
    cld                         /* psABI 3.2.1: clear on entry to a function */
    call *%rbx
    movq %rax, (%r12)

    /* tgkill(r14, r15, r13): stops the thread if it is traced, and has no effect if its tracer is gone. */
    movl %r14d, %edi
    movl %r15d, %esi
    movl %r13d, %edx
    movl $234, %eax
    syscall
    .globl pulpo_announced
    .hidden pulpo_announced
pulpo_announced:
    /* A living tracer has taken the thread back by now. Without one, the thread returns by itself. */
    movl $15, %eax              /* rt_sigreturn */
    syscall
    hlt
    .cfi_endproc
    .size pulpo_call, . - pulpo_call

/* long pulpo_syscall(long number, long a, long b, long c, long d, long e): returns the kernel's result unchanged. */
    .globl pulpo_syscall
    .hidden pulpo_syscall
    .type pulpo_syscall, @function
    .balign 16
pulpo_syscall:
    .cfi_startproc
    endbr64
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    xorl %r9d, %r9d             /* the sixth argument: mmap needs only an offset of 0 */
    syscall
    ret
    .cfi_endproc
    .size pulpo_syscall, . - pulpo_syscall

    .section .note.GNU-stack, "", @progbits
