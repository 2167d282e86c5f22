/* A process with stacks of every kind that call frame information has to cope with. */
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
#define STACK (256 * 1024)

static atomic_int ready;
static atomic_int sink;

static void *block(void)
{
    ready++;
    for (;;)
        pause();
}

NOINLINE static int recurse(int depth, long a, long b, long c)
{
    if (depth == 0)
        block();
    sink += recurse(depth - 1, a * 3 + c, b ^ a, c + depth);
    return sink + (int)(a + b * c);
}

static void *recursing(void *unused)
{
    recurse(20, 1, 2, 3);
    return unused;
}

static void *waiting(void *unused)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    ready++;
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    return unused;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    block();
}

NOINLINE static void signalled(int self)
{
    raise(SIGUSR1);
    sink += self;
}

static void *with_alternate_stack(void *unused)
{
    static char memory[64 * 1024];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    sigaltstack(&stack, NULL);
    signalled(1);
    return unused;
}

/* Interrupted in the middle of arithmetic: the caller of the handler is not behind a call instruction. */
static void *faulting(void *unused)
{
    *(volatile int *)8 = 1;
    return unused;
}

static int compare(const void *a, const void *b)
{
    if (*(const int *)a == 7)
        block();
    return *(const int *)a - *(const int *)b;
}

static void *sorting(void *unused)
{
    int values[64];
    for (int i = 0; i < 64; i++)
        values[i] = i * 37 % 64;
    qsort(values, 64, sizeof *values, compare);
    return unused;
}

/* A realigned stack with a frame of unknown size: its CFA is an expression. */
NOINLINE static void realigned(int size)
{
    char *unknown = alloca(size);
    int aligned[16] __attribute__((aligned(64)));
    memset(unknown, 1, size);
    memset(aligned, 2, sizeof aligned);
    sink += unknown[size / 2] + aligned[3];
    block();
    sink += aligned[5];
}

static void *realigning(void *unused)
{
    realigned(1000 + (unused != NULL));
    return unused;
}

static void *asking_the_time(void *unused)
{
    struct timespec now;
    ready++;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        sink += (int)now.tv_nsec;
    }
    return unused;
}

static void in_context(void)
{
    block();
}

static void *switching(void *unused)
{
    static ucontext_t here, there;
    getcontext(&there);
    there.uc_stack.ss_sp = malloc(STACK);
    there.uc_stack.ss_size = STACK;
    there.uc_link = &here;
    makecontext(&there, in_context, 0);
    swapcontext(&here, &there);
    return unused;
}

int main(void)
{
    void *(*const bodies[])(void *) = {recursing, waiting, with_alternate_stack, faulting, sorting, realigning,
                                       asking_the_time, switching};
    int count = sizeof bodies / sizeof *bodies;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &small, bodies[i], NULL) != 0)
            return 1;
    }
    while (ready != count)
        usleep(1000);
    usleep(100 * 1000);
    return getppid() == 0; /* gdb stops in the linkage table here */
}
