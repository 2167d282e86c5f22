/*
 * Waits for events with a timeout.
 *
 *     waits THREADS      so many threads beside the main one wait when they are told to; with 0 it is the main thread
 *
 * Commands: answer as server.c; wait has them wait WAIT_MS in epoll_wait, epoll_pwait and a bare system call, in turn, and prints for
 * each how long it took in ms, what it returned and what was in r10 behind the bare call, as TOOK/RETURNED/R10.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 6000
#define MOST 16

struct wait {
    int kind;
    long took;
    long returned;
    long r10;
};

int answer(void);

/* The compiler may keep using r10: the kernel does not change it. */
static long bare_wait(int fd, struct epoll_event *e, long timeout, long *r10)
{
    register long t __asm__("r10") = timeout;
    long result;
    __asm__ volatile("syscall\n\tmovq %%r10, %1"
                     : "=a"(result), "=m"(*r10)
                     : "a"((long)SYS_epoll_wait), "D"((long)fd), "S"(e), "d"(1L), "r"(t)
                     : "rcx", "r11", "memory");
    return result;
}

static void *wait_once(void *argument)
{
    struct wait *w = argument;
    struct epoll_event e;
    struct timespec from, to;
    int fd = epoll_create1(0);
    clock_gettime(CLOCK_MONOTONIC, &from);
    switch (w->kind % 3) {
    case 0:
        w->returned = epoll_wait(fd, &e, 1, WAIT_MS);
        break;
    case 1:
        w->returned = epoll_pwait(fd, &e, 1, WAIT_MS, NULL);
        break;
    default:
        w->returned = bare_wait(fd, &e, WAIT_MS, &w->r10);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    w->took = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = atoi(argv[argc - 1]);
    pthread_t ids[MOST];
    struct wait waits[MOST] = {0};
    char line[64];

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "answer\n") == 0) {
            printf("%d\n", answer());
            continue;
        }
        for (int i = 0; i < threads; i++) {
            waits[i].kind = i;
            pthread_create(&ids[i], NULL, wait_once, &waits[i]);
        }
        for (int i = 0; i < threads; i++) {
            pthread_join(ids[i], NULL);
        }
        if (threads == 0) {
            wait_once(&waits[0]);
        }
        for (int i = 0; i < (threads == 0 ? 1 : threads); i++) {
            printf("%ld/%ld/%ld ", waits[i].took, waits[i].returned, waits[i].r10);
        }
        printf("\n");
    }
    return 0;
}
