/*
 * A program that can be patched itself, and whose threads have odd stacks:
 *
 *     odd low        two threads, the first one gone: one has less than a page of its stack left, with a guard page below,
 *                    and below that memory that can be written; the other one, which is younger, obeys
 *     odd alternate  the only thread obeys in a signal handler, on the alternate stack
 *
 * Commands: visit prints what visited() says, rounds how often the first thread got on, stack whether the alternate stack is
 * the one that was set and is in use; alone ends the thread that obeys.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { STACK = 65536, PAGE = 4096, LEFT = 2000 };

static char *memory;
static int ticks;
static volatile long rounds;

__attribute__((noinline)) int visited(void)
{
    __asm__ volatile("");
    return 1;
}

static int is_alternate(void)
{
    stack_t now;
    return sigaltstack(NULL, &now) == 0 && now.ss_flags == SS_ONSTACK && now.ss_sp == memory && now.ss_size == STACK;
}

static void obey(void)
{
    char line[64];

    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "visit\n") == 0) {
            printf("%d\n", visited());
        } else if (strcmp(line, "rounds\n") == 0) {
            printf("%ld\n", rounds);
        } else if (strcmp(line, "stack\n") == 0) {
            printf("%d\n", is_alternate());
        } else if (strcmp(line, "alone\n") == 0) {
            printf("alone\n");
            pthread_exit(NULL);
        }
    }
    exit(0);
}

static void *obedient(void *unused)
{
    obey();
    return unused;
}

static void *low(void *unused)
{
    char *here = __builtin_frame_address(0);
    volatile char *used = __builtin_alloca((size_t)(here - (memory + STACK + PAGE)) - LEFT);

    *used = 1;
    /* A call that whoever borrows the thread can make again, so that nothing but the stack speaks against it. */
    while (read(ticks, (char *)used, 8) == 8) {
        rounds++;
    }
    return unused;
}

static void handle(int signal)
{
    (void)signal;
    obey();
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && strcmp(argv[1], "alternate") == 0) {
        stack_t stack = {.ss_sp = memory = malloc(STACK), .ss_size = STACK};
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
        sigaltstack(&stack, NULL);
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        return 1;
    }
    pthread_t thread;
    pthread_attr_t attributes;
    memory = mmap(NULL, 2 * STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + STACK, PAGE, PROT_NONE) != 0) {
        return 1;
    }
    struct itimerspec every = {{0, 1000000}, {0, 1000000}};
    ticks = timerfd_create(CLOCK_MONOTONIC, 0);
    timerfd_settime(ticks, 0, &every, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory + STACK + PAGE, STACK);
    pthread_create(&thread, &attributes, low, NULL);
    while (rounds == 0) {
        usleep(100);
    }
    pthread_create(&thread, NULL, obedient, NULL);
    pthread_exit(NULL);
}
