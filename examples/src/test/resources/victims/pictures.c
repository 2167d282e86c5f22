/*
 * Threads whose stacks are known. The name of one is to break out of pages and pictures, and so is the name of a function: the
 * test overwrites it in the built file, because C has no such names.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static sem_t ready;
static volatile int sink;

static inline __attribute__((always_inline)) void inner(void)
{
    sem_post(&ready);
    pause();
    sink++;
}

__attribute__((noinline)) void this_name_is_overwritten_in_the_file_by_one_that_breaks_out_of_pages(void)
{
    inner();
    sink++;
}

__attribute__((noinline)) void plain(void)
{
    inner();
    sink++;
}

static void *quiet(void *unused)
{
    pthread_setname_np(pthread_self(), "quiet");
    plain();
    return unused;
}

static void *loud(void *unused)
{
    pthread_setname_np(pthread_self(), "\"><svg onload=");
    this_name_is_overwritten_in_the_file_by_one_that_breaks_out_of_pages();
    return unused;
}

static void *busy(void *unused)
{
    pthread_setname_np(pthread_self(), "busy");
    sem_post(&ready);
    for (;;)
        sink++;
    return unused;
}

int main(int count, char **arguments)
{
    void *(*starts[])(void *) = {quiet, quiet, quiet, loud, busy};
    pthread_t thread;

    sem_init(&ready, 0, 0);
    for (int i = 0; i < (count > 1 ? 5 : 4); i++) {
        pthread_create(&thread, NULL, starts[i], arguments);
        sem_wait(&ready);
    }
    printf("ready\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
