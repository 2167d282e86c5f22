/*
 * A thread waits in an awkward place, inside of visited() or outside of it:
 *
 *     awkward PLACE in|out|stale       (stale: outside, with an address of it on the stack that nobody will return to)
 *
 *     small        on a stack of 64 KiB
 *     handler      in a signal handler on an alternate stack; what it interrupted is inside or outside
 *     nowhere      in a signal handler, having called address 0
 *     throwing     in the part of the C++ runtime that looks for handlers of an exception, called from there
 *     coroutine    on a stack made with makecontext(3)
 *     nocfi        in a function without call frame information, called from there
 *     framed       in one that keeps a frame pointer
 *     popped       in one that restores it with pop, behind pushes and pops
 *     general      in one that saves rbp and uses it for something else
 *     jumped       in one that keeps a frame pointer, and into which another one jumps
 *     labelled     in one that keeps a frame pointer, and in which another symbol begins
 *
 * Commands: step calls the function that is stepped through; tid; leave lets the thread go on and end; visit calls visited() and prints the result.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

static volatile int leave;
static volatile int tid;
static const char *place;
static int inside;

__attribute__((noinline)) int visited(void (*wait)(void))
{
    wait();
    __asm__ volatile("");
    return 1;
}

static int stale;

__attribute__((noinline)) static int other(void (*wait)(void))
{
    void *volatile left_over = stale ? (char *)visited + 1 : NULL;
    __asm__ volatile("" : : "m"(left_over));
    wait();
    __asm__ volatile("");
    return 0;
}

static void wait_here(void)
{
    tid = syscall(SYS_gettid);
    while (!leave) {
        usleep(1000);
    }
}

static void nothing(void) {}

/* Keeps its frame by rsp alone, so that without a description nobody can tell where it returns to. */
void without_cfi(void);
__asm__(".text\n"
        ".type without_cfi, @function\n"
        "without_cfi:\n"
        "    subq $72, %rsp\n"
        "    movq wait_from_assembly@GOTPCREL(%rip), %rax\n"
        "    call *%rax\n"
        "    addq $72, %rsp\n"
        "    ret\n"
        ".size without_cfi, . - without_cfi\n");

/* The same with frame pointers, as compilers and people write them. */
void framed(void);
void popped(void);
void general(void);
void jumped(void);
void labelled(void);
void stepped(long framed);
#define FUNCTION(name, code) \
    ".type " #name ", @function\n" #name ":\n" code ".size " #name ", . - " #name "\n"
#define CALL_WAIT "    movq wait_from_assembly@GOTPCREL(%rip), %rax\n    call *%rax\n"
__asm__(".text\n"
        FUNCTION(framed, "    pushq %rbp\n movq %rsp, %rbp\n subq $64, %rsp\n andq $-64, %rsp\n" CALL_WAIT
                         "    leave\n ret\n")
        FUNCTION(popped, "    endbr64\n pushq %rbp\n movq %rsp, %rbp\n pushq %rbx\n subq $8, %rsp\n" CALL_WAIT
                         "    addq $8, %rsp\n popq %rbx\n popq %rbp\n ret\n")
        FUNCTION(general, "    pushq %rbp\n movq %rsp, %rbp\n movq $4711, %rbp\n" CALL_WAIT
                          "    popq %rbp\n ret\n")
        FUNCTION(jumped, "    pushq %rbp\n movq %rsp, %rbp\n 1:\n" CALL_WAIT "    leave\n ret\n")
        FUNCTION(jumps, "    pushq %rbp\n movl $1, %ebp\n jmp 1b\n")
        FUNCTION(labelled, "    pushq %rbp\n movq %rsp, %rbp\n inside_label:\n" CALL_WAIT "    leave\n ret\n")
        FUNCTION(stepped, "    endbr64\n testq %rdi, %rdi\n je 1f\n pushq %rbp\n nop\n movq %rsp, %rbp\n pushq %rbx\n"
                          "    subq $24, %rsp\n movl $3, %eax\n 2: decl %eax\n jne 2b\n call stepped_leaf\n"
                          "    leaq -8(%rbp), %rsp\n popq %rbx\n popq %rbp\n nop\n 1: ret\n")
        FUNCTION(stepped_leaf, "    pushq %rbp\n movq %rsp, %rbp\n movq %rax, -8(%rbp)\n popq %rbp\n ret\n"));

void wait_from_assembly(void)
{
    wait_here();
}

__attribute__((noinline)) static void step_through(long framed)
{
    stepped(framed);
    __asm__ volatile("");
}

static void handle(int signal)
{
    (void)signal;
    wait_here();
}

/* Returns from the function at address 0. */
static void handle_nowhere(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    wait_here();
    registers[REG_RIP] = *(greg_t *)registers[REG_RSP];
    registers[REG_RSP] += sizeof(greg_t);
}

/* Is asked about the first frame, and answers that the search is to end there. */
static _Unwind_Reason_Code ask(int version, _Unwind_Action actions, _Unwind_Exception_Class kind,
                               struct _Unwind_Exception *exception, struct _Unwind_Context *context, void *unused)
{
    (void)version, (void)actions, (void)kind, (void)exception, (void)context, (void)unused;
    wait_here();
    return _URC_END_OF_STACK;
}

static struct _Unwind_Exception exception;

__attribute__((noinline)) static void throwing(void)
{
    _Unwind_ForcedUnwind(&exception, ask, NULL);
    __asm__ volatile("");
}

static void interrupted(void)
{
    raise(SIGUSR1);
}

static ucontext_t back, coroutine;

static void on_coroutine(void)
{
    (inside ? visited : other)(wait_here);
}

static void *thread(void *unused)
{
    int (*function)(void (*)(void)) = inside ? visited : other;
    if (strcmp(place, "handler") == 0) {
        stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
        sigaltstack(&stack, NULL);
        sigaction(SIGUSR1, &action, NULL);
        function(interrupted);
    } else if (strcmp(place, "nowhere") == 0) {
        struct sigaction action = {.sa_sigaction = handle_nowhere, .sa_flags = SA_SIGINFO};
        sigaction(SIGSEGV, &action, NULL);
        function(NULL);
    } else if (strcmp(place, "throwing") == 0) {
        function(throwing);
    } else if (strcmp(place, "coroutine") == 0) {
        getcontext(&coroutine);
        coroutine.uc_stack.ss_sp = malloc(65536);
        coroutine.uc_stack.ss_size = 65536;
        coroutine.uc_link = &back;
        makecontext(&coroutine, on_coroutine, 0);
        swapcontext(&back, &coroutine);
    } else if (strcmp(place, "nocfi") == 0) {
        function(without_cfi);
    } else if (strcmp(place, "framed") == 0) {
        function(framed);
    } else if (strcmp(place, "popped") == 0) {
        function(popped);
    } else if (strcmp(place, "general") == 0) {
        function(general);
    } else if (strcmp(place, "jumped") == 0) {
        function(jumped);
    } else if (strcmp(place, "labelled") == 0) {
        function(labelled);
    } else {
        function(wait_here);
    }
    return unused;
}

int main(int argc, char **argv)
{
    char line[64];
    pthread_t id;
    pthread_attr_t small;

    (void)argc;
    place = argv[1];
    inside = strcmp(argv[2], "in") == 0;
    stale = strcmp(argv[2], "stale") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    pthread_create(&id, &small, thread, NULL);
    while (tid == 0) {
        usleep(100);
    }
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "tid\n") == 0) {
            printf("%d\n", tid);
        } else if (strcmp(line, "leave\n") == 0) {
            leave = 1;
            pthread_join(id, NULL);
            printf("out\n");
        } else if (strcmp(line, "step\n") == 0) {
            step_through(1);
            step_through(0);
            printf("stepped\n");
        } else {
            printf("%d\n", visited(nothing));
        }
    }
    return 0;
}
