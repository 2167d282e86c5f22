/*
 * Threads wait inside of visited(), each in the same system call:
 *
 *     waiting KIND THREADS     KIND: poll, accept, read, epoll, sleep, futex, timedfutex, child, signal, run
 *
 * Commands: tid (of the first); go lets them go on and end; visit calls visited() and prints the result.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int go;
static volatile int waiting;
static volatile int first;
static const char *kind;
static int ends[2];
static int listener;
static pid_t child;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static int is(const char *name)
{
    return strcmp(kind, name) == 0;
}

__attribute__((noinline)) static void wait_for_it(void)
{
    char byte;

    if (is("poll")) {
        struct pollfd one = {.fd = ends[0], .events = POLLIN};
        poll(&one, 1, 1000000);
    } else if (is("accept")) {
        close(accept(listener, NULL, NULL));
    } else if (is("read")) {
        while (read(ends[0], &byte, 1) != 1) {
        }
    } else if (is("epoll")) {
        struct epoll_event event = {.events = EPOLLIN};
        int set = epoll_create1(0);
        epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event);
        epoll_wait(set, &event, 1, -1);
    } else if (is("sleep")) {
        while (!go) {
            sleep(1);
        }
    } else if (is("futex") || is("timedfutex")) {
        struct timespec end = {time(NULL) + 1000, 0};
        pthread_mutex_lock(&mutex);
        while (!go) {
            if (is("futex")) {
                pthread_cond_wait(&condition, &mutex);
            } else {
                pthread_cond_timedwait(&condition, &mutex, &end);
            }
        }
        pthread_mutex_unlock(&mutex);
    } else if (is("child")) {
        waitpid(child, NULL, 0);
    } else if (is("signal")) {
        int signal;
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        while (sigwait(&set, &signal) != 0) {
        }
    } else {
        while (!go) {
            __asm__ volatile("pause");
        }
    }
    __asm__ volatile("");
}

static void nothing(void) {}

__attribute__((noinline)) int visited(void (*wait)(void))
{
    wait();
    __asm__ volatile("");
    return 1;
}

static void *waiter(void *number)
{
    if (number == NULL) {
        first = syscall(SYS_gettid);
    }
    __sync_fetch_and_add(&waiting, 1);
    visited(wait_for_it);
    return NULL;
}

static void let_go(int threads)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    pthread_mutex_lock(&mutex);
    go = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < threads; i++) {
        if (write(ends[1], "x", 1) != 1) {
            exit(3);
        }
    }
    if (is("accept")) {
        getsockname(listener, (struct sockaddr *)&address, &length);
        if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, length) != 0) {
            exit(4);
        }
    } else if (is("child")) {
        kill(child, SIGKILL);
    } else if (is("signal")) {
        kill(getpid(), SIGUSR1);
    }
}

int main(int argc, char **argv)
{
    char line[64];
    int threads = atoi(argv[2]);
    pthread_t ids[64];
    sigset_t set;

    (void)argc;
    kind = argv[1];
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (is("child")) {
        child = fork();
        if (child == 0) {
            /* Ends with its parent, whatever becomes of that. */
            while (getppid() != 1) {
                usleep(20000);
            }
            _exit(0);
        }
    }
    if (pipe(ends) != 0) {
        return 2;
    }
    listener = socket(AF_INET, SOCK_STREAM, 0);
    listen(listener, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (long i = 0; i < threads; i++) {
        pthread_create(&ids[i], NULL, waiter, (void *)i);
        pthread_setname_np(ids[i], "waiter");
    }
    while (waiting < threads) {
        usleep(100);
    }
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "tid\n") == 0) {
            printf("%d\n", first);
        } else if (strcmp(line, "go\n") == 0) {
            let_go(threads);
            for (int i = 0; i < threads; i++) {
                pthread_join(ids[i], NULL);
            }
            puts("gone");
        } else {
            printf("%d\n", visited(nothing));
        }
    }
    return 0;
}
