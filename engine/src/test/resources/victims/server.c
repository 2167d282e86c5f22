/*
 * A program that obeys lines on its standard input, one answer line each, and has as many threads as asked for:
 *
 *     server THREADS KIND      KIND: sleep, spin, malloc, churn
 *
 *     answer                   calls answer() and prints the result
 *     second N                 calls second(N)
 *     linger / leave           has a thread enter or leave linger()
 *     errors                   prints how many surprises the threads have met
 *     rounds                   prints how often the threads went round
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int answer(void);
int second(int);
int linger(volatile int *);

/* For linger(): whether the thread is to leave, and whether it is inside. */
static volatile int leave[2];
static pthread_t lingering;
static volatile long errors;
static volatile long rounds;

static void *sleeper(void *unused)
{
    (void)unused;
    for (;;) {
        struct timespec t = {0, 2000000};
        if (nanosleep(&t, NULL) != 0) {
            __sync_fetch_and_add(&errors, 1);
        }
        answer();
        __sync_fetch_and_add(&rounds, 1);
    }
    return NULL;
}

static void *spinner(void *unused)
{
    (void)unused;
    for (;;) {
        answer();
        __sync_fetch_and_add(&rounds, 1);
    }
    return NULL;
}

static void *allocator(void *unused)
{
    unsigned seed = (unsigned)(size_t)&seed;
    (void)unused;
    for (;;) {
        void *blocks[16];
        for (int i = 0; i < 16; i++) {
            blocks[i] = malloc(rand_r(&seed) % 5000 + 1);
        }
        for (int i = 0; i < 16; i++) {
            free(blocks[i]);
        }
        __sync_fetch_and_add(&rounds, 1);
    }
    return NULL;
}

static void *nothing(void *unused)
{
    return unused;
}

static void *churner(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_t child;
        if (pthread_create(&child, NULL, nothing, NULL) == 0) {
            pthread_join(child, NULL);
        }
        __sync_fetch_and_add(&rounds, 1);
    }
    return NULL;
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
    void *(*kind)(void *) = strcmp(argv[2], "spin") == 0 ? spinner
        : strcmp(argv[2], "malloc") == 0 ? allocator
        : strcmp(argv[2], "churn") == 0 ? churner : sleeper;

    (void)argc;
    for (int i = 0; i < atoi(argv[1]); i++) {
        pthread_t thread;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 64 * 1024);
        if (pthread_create(&thread, &small, kind, NULL) != 0) {
            return 2;
        }
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int n;
        if (strcmp(line, "answer\n") == 0) {
            printf("%d\n", answer());
        } else if (sscanf(line, "second %d", &n) == 1) {
            printf("%d\n", second(n));
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
        } else if (strcmp(line, "exit-main\n") == 0) {
            puts("gone");
            fflush(stdout);
            pthread_exit(NULL);
        } else {
            puts("?");
        }
        fflush(stdout);
    }
    return 0;
}
