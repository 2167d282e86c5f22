# A function of an assembler programmer: nothing says what it takes and returns.
    .text
    .globl answer
    .type answer, @function
answer:
    .cfi_startproc
    lea 1000(%rdi), %eax
    ret
    .cfi_endproc
    .size answer, . - answer
    .section .note.GNU-stack, "", @progbits
