/* Threads that are where frames are unusual: in signal handlers, on stacks of their own, in the linkage table and the
   resolver, in the vDSO, in calls that are restarted, in threads that begin and end, in libraries that come and go. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
#define STACK (256 * 1024)
#define RECEIVERS 3

static volatile int sink;
static pthread_t receivers[RECEIVERS];

NOINLINE static int recurse(int depth, long a, long b)
{
    int found = depth == 0 ? (int)(a ^ b) : recurse(depth - 1, a * 3 + b, b ^ a);
    sink += depth;
    return found + (int)(a + b * depth);
}

static int compare(const void *a, const void *b)
{
    sink += recurse(2, *(const int *)a, *(const int *)b);
    return *(const int *)a - *(const int *)b;
}

NOINLINE static void sort(void)
{
    int numbers[30];
    for (int i = 0; i < 30; i++)
        numbers[i] = i * 7919 % 31;
    qsort(numbers, 30, sizeof numbers[0], compare);
    sink += numbers[0];
}

static void handler(int number, siginfo_t *info, void *context)
{
    (void)info, (void)context;
    sink += number;
    for (int i = 0; i < 200; i++)
        sink += recurse(3, i, number);
    if (number == SIGUSR1)
        raise(SIGUSR2);
}

static void on_its_own_stack(void)
{
    stack_t stack = {.ss_sp = malloc(STACK), .ss_size = STACK};
    sigaltstack(&stack, NULL);
}

/* Is sent signals all the time. */
static void *receiving(void *own_stack)
{
    if (own_stack)
        on_its_own_stack();
    for (;;) {
        sort();
        for (int i = 0; i < 500; i++)
            sink += i;
    }
    return NULL;
}

static void *sending(void *unused)
{
    for (int i = 0;; i++) {
        pthread_kill(receivers[i % RECEIVERS], i % 2 ? SIGUSR1 : SIGUSR2);
        struct timespec pause = {0, 200000};
        nanosleep(&pause, NULL);
    }
    return unused;
}

/* Calls without frames of their own in between: linkage table, resolver, system call. */
static void *calling(void *unused)
{
    char text[64];
    for (int i = 0;; i++) {
        sink += (int)getppid() + abs(i) + rand();
        snprintf(text, sizeof text, "%d %s %f", i, "text", i * 0.5);
        sink += (int)strtol(text, NULL, 10) + (int)strlen(text) + (int)syscall(SYS_getuid);
        memset(text, i, sizeof text);
        sink += memchr(text, i, sizeof text) != NULL;
    }
    return unused;
}

static void *asking_the_time(void *unused)
{
    struct timespec now;
    struct timeval day;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        gettimeofday(&day, NULL);
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        sink += (int)(now.tv_nsec + day.tv_usec + time(NULL));
    }
    return unused;
}

/* Calls that the kernel restarts through its restart block. */
static void *waiting(void *unused)
{
    for (;;) {
        struct timespec second = {1, 0};
        nanosleep(&second, NULL);
        poll(NULL, 0, 700);
    }
    return unused;
}

static _Thread_local sigjmp_buf back;
/* The compiler must not know that nothing is there. */
static int *volatile nowhere;
static void (*volatile no_function)(void);

static void leap(int number)
{
    sink += recurse(20, number, 1);
    siglongjmp(back, 1);
}

NOINLINE static void fault(int n)
{
    if (n % 2)
        sink = *nowhere;
    else
        no_function();
    sink += n;
}

static void *faulting(void *unused)
{
    on_its_own_stack();
    for (volatile int n = 0;; n++)
        if (sigsetjmp(back, 1) == 0)
            fault(n);
    return unused;
}

static _Thread_local ucontext_t outside, inside;

static void coroutine(void)
{
    for (int n = 0;; n++) {
        sink += recurse(n % 9, n, 1);
        if (n % 10 == 0)
            swapcontext(&inside, &outside);
    }
}

static void *in_contexts(void *unused)
{
    getcontext(&inside);
    inside.uc_stack.ss_sp = malloc(STACK);
    inside.uc_stack.ss_size = STACK;
    inside.uc_link = &outside;
    makecontext(&inside, coroutine, 0);
    for (;;)
        swapcontext(&outside, &inside);
    return unused;
}

static void cleanup(void *number)
{
    sink += recurse(5, *(int *)number, 2);
}

static void *short_lived(void *cancelled)
{
    int number = 3;
    pthread_cleanup_push(cleanup, &number);
    sort();
    if (cancelled)
        for (;;)
            pause();
    pthread_cleanup_pop(1);
    return NULL;
}

static void *churning(void *unused)
{
    for (;;) {
        pthread_t plain, cancelled;
        pthread_create(&plain, NULL, short_lived, NULL);
        pthread_create(&cancelled, NULL, short_lived, receivers);
        pthread_cancel(cancelled);
        pthread_join(plain, NULL);
        pthread_join(cancelled, NULL);
    }
    return unused;
}

static void *loading(void *unused)
{
    for (;;) {
        void *library = dlopen("libm.so.6", RTLD_NOW);
        double (*cosine)(double) = (double (*)(double))dlsym(library, "cos");
        sink += (int)(10 * cosine(sink % 10));
        dlclose(library);
    }
    return unused;
}

NOINLINE static int realigned(int n)
{
    _Alignas(64) volatile char room[64];
    char more[n % 300 + 1];
    memset(more, n, sizeof more);
    room[n % 64] = more[n % 2];
    return room[n % 64] + recurse(n % 4, n, room[n % 64]);
}

static void *aligning(void *unused)
{
    for (int n = 1;; n++)
        sink += realigned(n & 0xffff);
    return unused;
}

static void *allocating(void *unused)
{
    void *kept[64] = {NULL};
    for (unsigned n = 1;; n++) {
        free(kept[n % 64]);
        kept[n % 64] = malloc(n * 7919 % 5000 + (n % 100 == 0) * 200000);
        memset(kept[n % 64], 1, 16);
    }
    return unused;
}

static void handle(int number, void (*function)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = function;
    action.sa_flags = SA_SIGINFO | SA_RESTART | flags;
    sigaction(number, &action, NULL);
}

int main(void)
{
    void *(*starts[])(void *) = {sending,  calling,     asking_the_time, waiting,  faulting,
                                 faulting, in_contexts, churning,        aligning, allocating, loading};
    pthread_t thread;
    struct sigaction action;

    handle(SIGUSR1, handler, SA_ONSTACK);
    handle(SIGUSR2, handler, SA_ONSTACK | SA_NODEFER);
    memset(&action, 0, sizeof action);
    action.sa_handler = leap;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < RECEIVERS; i++)
        pthread_create(&receivers[i], NULL, receiving, i ? receivers : NULL);
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++)
        pthread_create(&thread, NULL, starts[i], NULL);
    puts("ready");
    fflush(stdout);
    calling(NULL);
    return 0;
}
