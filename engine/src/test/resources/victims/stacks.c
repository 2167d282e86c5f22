/* Threads that wait in every kind of place, so that their stacks stay as they are. */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t ready;
static int pair[2];
volatile int sink;

static inline __attribute__((always_inline)) void wait_forever(void)
{
    sem_post(&ready);
    pause();
    sink++;
}

static inline __attribute__((always_inline)) void inlined_middle(int depth)
{
    sink += depth;
    wait_forever();
    sink -= depth;
}

static __attribute__((noinline)) void recurse(int depth)
{
    if (depth == 0)
        inlined_middle(depth);
    else
        recurse(depth - 1);
    sink += depth;
}

static void *deep(void *unused)
{
    recurse(300);
    return unused;
}

static int compare(const void *a, const void *b)
{
    wait_forever();
    return *(const int *)a - *(const int *)b;
}

static void *in_callback(void *unused)
{
    int numbers[] = {3, 2, 1};
    qsort(numbers, 3, sizeof numbers[0], compare);
    sink = numbers[0];
    return unused;
}

static void *in_condition(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&ready);
    while (!sink || sink)
        pthread_cond_wait(&never, &lock);
    return unused;
}

static void handler(int signal)
{
    sink = signal;
    wait_forever();
}

static void *in_handler(void *unused)
{
    raise(SIGUSR1);
    return unused;
}

/* A call that the kernel does not restart by itself: it must not return because somebody looked. */
static void *in_receive(void *unused)
{
    char byte;
    sem_post(&ready);
    ssize_t got = recv(pair[0], &byte, 1, 0);
    if (got < 0)
        _exit(99);
    sink = byte;
    printf("received %d\n", byte);
    fflush(stdout);
    return unused;
}

int main(void)
{
    struct sigaction action;
    pthread_t thread;
    void *(*starts[])(void *) = {deep, in_callback, in_condition, in_handler, in_receive};

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(SIGUSR1, &action, NULL);
    sem_init(&ready, 0, 0);
    struct timeval patience = {1000, 0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0
        || setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        return 1;
    for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        pthread_create(&thread, NULL, starts[i], NULL);
        sem_wait(&ready);
    }
    printf("ready\n");
    fflush(stdout);
    for (int c = getchar(); c != EOF; c = getchar())
        if (c == 's' && write(pair[1], "*", 1) != 1)
            return 1;
    return 0;
}
