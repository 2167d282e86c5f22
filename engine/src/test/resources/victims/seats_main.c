/*
 * Threads that sit in the functions of seats.c, and do what lines on the standard input say. One line, one answer.
 *
 *     new N        makes thread N
 *     main         what version() returns in the main thread
 *     N C          tells thread N the command C:
 *                  v  what version() returns there
 *                  h  calls hold(), which says its version, and from then on obeys
 *                  l  leaves hold(); what it returned is the answer
 *                  f  forks; what version() returns in the child
 *                  a  calls hold() in a signal handler on another stack
 *                  w  waits for a vfork child until the line "free"; the answer comes at once, another one then
 *                  t  makes a thread, waits for it; what version() returned in it
 *                  d  calls the hold() of the library that was opened
 *                  x  ends the thread
 *     tid N        its thread id
 *     open FILE    loads such a library
 *     close        unloads it
 *     spin N       makes N threads that call steady() for ever, and one that makes threads which call it once
 *     wrong        how often steady() has met another version than its own
 *     calls        how often it was called
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int version(void);
int hold(void *seat);
int steady(int rounds);

enum { SEATS = 64 };

struct seat {
    int commands[2];
    int answers[2];
    int gate[2];
    int tid;
    char stack[64 * 1024];
};

static struct seat seats[SEATS];
static __thread struct seat *mine;
static void *library;
static long wrong;
static long calls;

int next(void *seat)
{
    char command;

    if (read(((struct seat *)seat)->commands[0], &command, 1) != 1) {
        exit(3);
    }
    return command;
}

void say(void *seat, int value)
{
    if (write(((struct seat *)seat)->answers[1], &value, sizeof value) != sizeof value) {
        exit(4);
    }
}

static int hear(struct seat *seat)
{
    int value;

    if (read(seat->answers[0], &value, sizeof value) != sizeof value) {
        exit(5);
    }
    return value;
}

static void *young(void *unused)
{
    (void)unused;
    return (void *)(long)version();
}

static void handler(int signal)
{
    (void)signal;
    say(mine, hold(mine));
}

void other(void *opaque, int command)
{
    struct seat *seat = opaque;

    switch (command) {
    case 'f': {
        pid_t child = fork();
        int status = 0;

        if (child == 0) {
            _exit(version());
        }
        waitpid(child, &status, 0);
        say(seat, WEXITSTATUS(status));
        break;
    }
    case 'a': {
        stack_t stack = {.ss_sp = seat->stack, .ss_size = sizeof seat->stack};
        struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

        sigaltstack(&stack, NULL);
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        break;
    }
    case 'w': {
        char byte;

        say(seat, 0);
        if (vfork() == 0) {
            syscall(SYS_read, seat->gate[0], &byte, 1);
            _exit(0);
        }
        say(seat, 0);
        break;
    }
    case 't': {
        pthread_t thread;
        void *result;

        pthread_create(&thread, NULL, young, NULL);
        pthread_join(thread, &result);
        say(seat, (int)(long)result);
        break;
    }
    case 'd': {
        int (*opened)(void *) = (int (*)(void *))dlsym(library, "hold");

        say(seat, opened == NULL ? -1 : opened(seat));
        break;
    }
    case 'x':
        say(seat, 0);
        pthread_exit(NULL);
    default:
        say(seat, -1);
    }
}

static void *sit(void *opaque)
{
    struct seat *seat = opaque;

    mine = seat;
    seat->tid = (int)syscall(SYS_gettid);
    say(seat, 0);
    for (;;) {
        int command = next(seat);

        switch (command) {
        case 'v':
            say(seat, version());
            break;
        case 'h':
            say(seat, hold(seat));
            break;
        default:
            other(seat, command);
        }
    }
    return NULL;
}

static void *once(void *rounds)
{
    __sync_fetch_and_add(&wrong, steady((int)(long)rounds));
    __sync_fetch_and_add(&calls, 1);
    return NULL;
}

static void *spin(void *opaque)
{
    unsigned seed = (unsigned)(long)opaque;

    for (;;) {
        int rounds = (int)(rand_r(&seed) % 2000);

        once((void *)(long)rounds);
        for (volatile int i = 0; i < rounds; i++) {
        }
    }
    return NULL;
}

static void *churn(void *opaque)
{
    for (;;) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, once, (void *)1000) == 0) {
            pthread_join(thread, NULL);
        }
    }
    return opaque;
}

int main(void)
{
    char line[100];

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int n;
        char command;
        char file[80];

        if (sscanf(line, "open %79s", file) == 1) {
            library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
            puts(library == NULL ? dlerror() : "0");
        } else if (strcmp(line, "close\n") == 0) {
            printf("%d\n", dlclose(library));
        } else if (sscanf(line, "new %d", &n) == 1) {
            pthread_t thread;

            if (pipe(seats[n].commands) != 0 || pipe(seats[n].answers) != 0 || pipe(seats[n].gate) != 0
                || pthread_create(&thread, NULL, sit, &seats[n]) != 0) {
                return 2;
            }
            pthread_detach(thread);
            printf("%d\n", hear(&seats[n]));
        } else if (sscanf(line, "spin %d", &n) == 1) {
            for (long i = 0; i <= n; i++) {
                pthread_t thread;

                if (pthread_create(&thread, NULL, i < n ? spin : churn, (void *)i) != 0) {
                    return 2;
                }
            }
            puts("0");
        } else if (strcmp(line, "wrong\n") == 0) {
            printf("%ld\n", __sync_fetch_and_add(&wrong, 0));
        } else if (strcmp(line, "calls\n") == 0) {
            printf("%ld\n", __sync_fetch_and_add(&calls, 0));
        } else if (strcmp(line, "main\n") == 0) {
            printf("%d\n", version());
        } else if (sscanf(line, "tid %d", &n) == 1) {
            printf("%d\n", seats[n].tid);
        } else if (sscanf(line, "free %d", &n) == 1) {
            if (write(seats[n].gate[1], "", 1) != 1) {
                return 2;
            }
            printf("%d\n", hear(&seats[n]));
        } else if (sscanf(line, "%d %c", &n, &command) == 2) {
            if (write(seats[n].commands[1], &command, 1) != 1) {
                return 2;
            }
            printf("%d\n", hear(&seats[n]));
        } else {
            puts("?");
        }
        fflush(stdout);
    }
    return 0;
}
