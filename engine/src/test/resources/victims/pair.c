/*
 * A program whose threads compare what functions of two libraries return, and which obeys lines on its standard input:
 *
 *     pair THREADS
 *
 *     pair                     prints what answer() and other() return
 *     mixed                    prints how often a thread has seen one version of the one and another of the other
 *     linger / leave           has a thread enter or leave linger()
 *     rounds, errors           as in server.c
 *
 * A thread calls answer() before and behind other(). Where it is the same both times, nothing has changed in between, as
 * long as versions are never used again; so other() must have been of that version, too.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int answer(void);
int other(void);
int linger(volatile int *);

/* For linger(): whether the thread is to leave, and whether it is inside. */
static volatile int leave[2];
static pthread_t lingering;
static volatile long errors;
static volatile long rounds;
static volatile long mixed;

static void *comparer(void *kind)
{
    for (;;) {
        struct timespec t = {0, 500000};
        for (int i = 0; i < 200; i++) {
            int first = answer();
            int between = other();
            int last = answer();
            if (first == last && between != first) {
                __sync_fetch_and_add(&mixed, 1);
            }
        }
        __sync_fetch_and_add(&rounds, 1);
        if (nanosleep(&t, NULL) != 0) {
            __sync_fetch_and_add(&errors, 1);
        }
    }
    return kind;
}

static void *lingerer(void *unused)
{
    linger(leave);
    /* What has replaced it may not linger. */
    leave[1] = 1;
    return unused;
}

static void enter(void)
{
    leave[0] = leave[1] = 0;
    if (pthread_create(&lingering, NULL, lingerer, NULL) != 0) {
        exit(2);
    }
    while (!leave[1]) {
        usleep(100);
    }
}

int main(int argc, char **argv)
{
    char line[256];
    pthread_t thread;

    for (int i = 0; argc > 1 && i < atoi(argv[1]); i++) {
        if (pthread_create(&thread, NULL, comparer, NULL) != 0) {
            return 2;
        }
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "pair\n") == 0) {
            int first = answer();
            printf("%d %d\n", first, other());
        } else if (strcmp(line, "mixed\n") == 0) {
            printf("%ld\n", mixed);
        } else if (strcmp(line, "linger\n") == 0) {
            enter();
            puts("in");
        } else if (strcmp(line, "leave\n") == 0) {
            leave[0] = 1;
            pthread_join(lingering, NULL);
            puts("out");
        } else if (strcmp(line, "errors\n") == 0) {
            printf("%ld\n", errors);
        } else if (strcmp(line, "rounds\n") == 0) {
            printf("%ld\n", rounds);
        } else {
            puts("?");
        }
        fflush(stdout);
    }
    return 0;
}
