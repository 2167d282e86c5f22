/*
 * threads N sleep|spin|clock|busy: a process with N threads beside the main one, for the benchmark. With "clock" one of them
 * reads the clock without pause and the others sleep; each line of input is answered with the longest time, in nanoseconds,
 * that it has not come to reading it since the line before. With "busy" all do, the main thread, too; the answer is the
 * longest time of any thread, and the sum of all times above 0.1 ms of all threads.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "greeting.h"

static atomic_long longest;
static atomic_long sum;

static void *sleeper(void *unused)
{
    pause();
    return unused;
}

static void *spinner(void *unused)
{
    for (;;) {
        __asm__ volatile("pause");
    }
    return unused;
}

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *reader(void *unused)
{
    for (long last = now();;) {
        long time = now();
        if (time - last > longest) {
            longest = time - last;
        }
        last = time;
    }
    return unused;
}

static void note(long gap)
{
    long known = longest;
    while (gap > known && !atomic_compare_exchange_weak(&longest, &known, gap)) {
    }
    if (gap > 100000) {
        sum += gap;
    }
}

static void *busy(void *unused)
{
    for (long last = now();;) {
        long time = now();
        note(time - last);
        last = time;
    }
    return unused;
}

/* As busy(), and answers now and then; the time that an answer takes does not count. */
static void busy_and_answer(void)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    char line[16];
    int turns = 0;

    for (long last = now();;) {
        long time = now();
        note(time - last);
        if (++turns % 4096 == 0 && poll(&input, 1, 0) > 0) {
            if (fgets(line, sizeof line, stdin) == NULL) {
                return;
            }
            printf("%ld %ld\n", atomic_exchange(&longest, 0), atomic_exchange(&sum, 0));
            fflush(stdout);
            time = now();
        }
        last = time;
    }
}

static int start(void *(*body)(void *))
{
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    return pthread_create(&thread, &small, body, NULL);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 2 ? argv[2] : "sleep";
    char line[16];

    for (int i = argc > 1 ? atoi(argv[1]) : 0; i > 0; i--) {
        void *(*body)(void *) = strcmp(kind, "spin") == 0 ? spinner : strcmp(kind, "busy") == 0 ? busy : sleeper;
        if (start(i == 1 && strcmp(kind, "clock") == 0 ? reader : body) != 0) {
            return 1;
        }
    }
    printf("%s\n", greeting());
    fflush(stdout);
    if (strcmp(kind, "busy") == 0) {
        busy_and_answer();
        return 0;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%ld\n", atomic_exchange(&longest, 0));
        fflush(stdout);
    }
    return 0;
}
