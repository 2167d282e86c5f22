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
    .file "pulpo_call.S"         /* otherwise the linker records the assembler's temporary file */
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

/*
 * Loads the stub into a process without one, from a copy of this code in a mapping that is readable and executable. The tool
 * has set these registers:
 *
 *     rsp  a signal frame on the thread's own stack; at rsp, the address of libc's signal restorer
 *     rbx  the request below, in the same mapping
 *     r12  the rest of the mapping: the stack of the loader, with the answer below at its far end
 *     r13  a signal that is ignored by default and has no handler
 *     r14  the process id, r15 the thread id, as the process itself sees them
 *
 * At the announcement rbx is 0, or the negated error number of mprotect. Without a tracer the thread then unmaps everything,
 * this code, too, with libc's "syscall; ret", which returns to the restorer.
 */
    .set request_dlopen, 0
    .set request_dlerror, 8
    .set request_dlsym, 16
    .set request_errno, 24      /* __errno_location, or 0 */
    .set request_syscall, 32    /* "syscall; ret" */
    .set request_stack_size, 40
    .set request_mapping, 48
    .set request_mapping_size, 56
    .set request_path, 64

    .set answer_handle, 0
    .set answer_errno_at, 8
    .set answer_errno, 16
    .set answer_error, 24       /* the loader's message, 4096 bytes */
    .set answer_pending, 4120   /* the message that the thread had not fetched yet, 1024 bytes */

    .globl pulpo_inject
    .hidden pulpo_inject
    .type pulpo_inject, @function
    .balign 16
pulpo_inject:
    .cfi_startproc
    .cfi_undefined rip
    endbr64
    cld
    movq %rsp, %rbp

    /* mprotect(stack, size, PROT_READ | PROT_WRITE) */
    movq %r12, %rdi
    movq request_stack_size(%rbx), %rsi
    movl $3, %edx
    movl $10, %eax
    syscall
    testq %rax, %rax
    jz 1f
    movq %rbx, %r12             /* the request is still needed, and the stack is not */
    movq %rax, %rbx
    jmp 9f
1:
    movq %r12, %rsp
    addq request_stack_size(%rbx), %rsp

    /* errno belongs to the interrupted code. */
    movq request_errno(%rbx), %rax
    testq %rax, %rax
    jz 2f
    call *%rax
    movl (%rax), %ecx
    movq %rax, answer_errno_at(%r12)
    movl %ecx, answer_errno(%r12)
2:
    /* So does the next message of dlerror; give_back() in the stub tells how it is kept. */
    call *request_dlerror(%rbx)
    leaq answer_pending(%r12), %rdi
    movl $1023, %ecx
    call 7f

    leaq request_path(%rbx), %rdi
    movl $2, %esi               /* RTLD_NOW */
    call *request_dlopen(%rbx)
    movq %rax, answer_handle(%r12)
    testq %rax, %rax
    jnz 3f
    call *request_dlerror(%rbx)
    leaq answer_error(%r12), %rdi
    movl $4095, %ecx
    call 7f
3:
    cmpb $0, answer_pending(%r12)
    je 4f
    xorl %edi, %edi             /* RTLD_DEFAULT */
    leaq answer_pending(%r12), %rsi
    call *request_dlsym(%rbx)
4:
    movq answer_errno_at(%r12), %rax
    testq %rax, %rax
    jz 5f
    movl answer_errno(%r12), %ecx
    movl %ecx, (%rax)
5:
    movq %rbx, %r12
    xorl %ebx, %ebx
9:
    movq %rbp, %rsp
    movl %r14d, %edi
    movl %r15d, %esi
    movl %r13d, %edx
    movl $234, %eax             /* tgkill, as above */
    syscall
    .globl pulpo_injected
    .hidden pulpo_injected
pulpo_injected:
    movq request_mapping(%r12), %rdi
    movq request_mapping_size(%r12), %rsi
    movq request_syscall(%r12), %rcx
    movl $11, %eax              /* munmap */
    notrack jmp *%rcx

    /* Copies a string, if rax is not 0, to rdi: at most rcx bytes, and a NUL, which new memory holds already. */
7:
    movq %rax, %rsi
    testq %rax, %rax
    jz 8f
6:
    lodsb
    testb %al, %al
    jz 8f
    stosb
    loop 6b
8:
    ret
    .cfi_endproc
    .size pulpo_inject, . - pulpo_inject

    .section .note.GNU-stack, "", @progbits
