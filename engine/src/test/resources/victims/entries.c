/* A library whose functions were not built to be replaced. */
#define NOINLINE __attribute__((noinline))

NOINLINE int plain(int x)
{
    __asm__ volatile("");
    return x * 3 + 1;
}

int plain_alias(int x) __attribute__((alias("plain")));

NOINLINE int tiny(void)
{
    __asm__ volatile("");
    return 0;
}

/* A jump table whose targets all lie behind the first instructions. */
NOINLINE int tabled(int x)
{
    switch (x) {
    case 0: return plain(1);
    case 1: return plain(7) - 2;
    case 2: return tiny() + 11;
    case 3: return plain(x) ^ 5;
    case 4: return plain(x + 2) / 2;
    case 5: return plain(x) & 3;
    case 6: return tiny() - 1;
    default: return -1;
    }
}

/* What the compiler takes for unlikely lies elsewhere, in half_cold.cold. */
int (*wait_there)(void);

__attribute__((cold, noinline)) static int unlikely(int x)
{
    return x;
}

NOINLINE int half_cold(int x)
{
    if (__builtin_expect(x == 77, 0)) {
        int sum = unlikely(x);
        for (int i = 0; i < 3; i++) {
            sum += wait_there() + unlikely(i);
        }
        return sum;
    }
    return plain(x) + 4;
}

/* Same name as a static function of the program. */
static NOINLINE int hidden(int x)
{
    __asm__ volatile("");
    return x + 100;
}

int call_hidden(int x)
{
    return hidden(x);
}

static int chosen_one(int x)
{
    return x + 1000;
}

static int (*choose(void))(int)
{
    return chosen_one;
}

int chosen(int x) __attribute__((ifunc("choose")));

__asm__(
    ".text\n"
    /* A loop back to the second instruction. */
    ".globl looping\n.type looping, @function\nlooping:\n.cfi_startproc\n"
    "  xorl %eax, %eax\n"
    "1: addl %edi, %eax\n  decl %edi\n  jnz 1b\n  ret\n.cfi_endproc\n.size looping, .-looping\n"
    /* Another function goes on in the second instruction of this one. */
    ".globl shared_tail\n.type shared_tail, @function\nshared_tail:\n.cfi_startproc\n"
    "  movl %edi, %eax\n2: addl $5, %eax\n  ret\n.cfi_endproc\n.size shared_tail, .-shared_tail\n"
    ".balign 4096\n"
    ".globl enters_shared_tail\n.type enters_shared_tail, @function\nenters_shared_tail:\n.cfi_startproc\n"
    "  leal 1(%rdi), %eax\n  jmp 2b\n.cfi_endproc\n.size enters_shared_tail, .-enters_shared_tail\n"
    /* A second symbol within the first bytes. */
    ".globl two_names\n.type two_names, @function\ntwo_names:\n.cfi_startproc\n"
    "  nop\n.globl inner_name\n.type inner_name, @function\ninner_name:\n"
    "  leal 9(%rdi), %eax\n  ret\n.cfi_endproc\n.size inner_name, .-inner_name\n.size two_names, .-two_names\n"
    /* A jump table one of whose entries leads to the second instruction. */
    ".globl table_to_entry\n.type table_to_entry, @function\ntable_to_entry:\n.cfi_startproc\n"
    "  xorl %eax, %eax\n3: incl %eax\n  decl %edi\n  js 4f\n"
    "  leaq 5f(%rip), %rdx\n  movl %edi, %ecx\n  andl $1, %ecx\n  movslq (%rdx,%rcx,4), %rcx\n"
    "  addq %rdx, %rcx\n  jmp *%rcx\n4: ret\n.cfi_endproc\n.size table_to_entry, .-table_to_entry\n"
    ".section .rodata\n.balign 4\n5: .long 3b - 5b, 4b - 5b\n.text\n"
    /* The first instruction calls; it returns among the first five bytes. */
    ".globl calls_first\n.type calls_first, @function\ncalls_first:\n.cfi_startproc\n"
    "  push %rbx\n.cfi_adjust_cfa_offset 8\n  call *%rdi\n  addl $1, %eax\n  pop %rbx\n"
    ".cfi_adjust_cfa_offset -8\n  ret\n.cfi_endproc\n.size calls_first, .-calls_first\n"
    /* The second instruction reads memory; where that faults, the signal handler returns among the first bytes. */
    ".globl faults_first\n.type faults_first, @function\nfaults_first:\n.cfi_startproc\n"
    "  nop\n  movl (%rdi), %eax\n  addl $1, %eax\n  ret\n.cfi_endproc\n.size faults_first, .-faults_first\n"
    /* Three bytes, and no padding behind them. */
    ".globl cramped\n.type cramped, @function\ncramped:\n.cfi_startproc\n"
    "  xorl %eax, %eax\n  ret\n.cfi_endproc\n.size cramped, .-cramped\n"
    ".globl after_cramped\n.type after_cramped, @function\nafter_cramped:\n.cfi_startproc\n"
    "  movl $2, %eax\n  ret\n.cfi_endproc\n.size after_cramped, .-after_cramped\n");
