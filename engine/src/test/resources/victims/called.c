/*
 * A program that callbacks of patches write a log into. Its main thread reads from a pipe, and is borrowed; another one obeys lines:
 *
 *     called THREADS           so many threads call answer() all the time
 *
 *     answer                   calls answer() and prints the result
 *     log                      prints what the callbacks have noted
 *     gate K V                 what the K-th callback does: 0 returns, 1 waits as long as this is 1, 2 crashes, 3 refuses
 *     where                    prints the addresses of the gates, the log and its length: this thread may be borrowed, too
 *     errors                   prints how many surprises the threads have met
 *     linger / leave           has a thread enter or leave linger()
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int answer(void);
int linger(volatile int *);

volatile int gates[4];
static char log_text[1 << 16];
static size_t log_length;
static volatile long errors;
static volatile int leave[2];
static pthread_t lingering;
static int bells[2];

/* Called by one callback at a time. */
void note(const char *text)
{
    size_t length = strlen(text);

    if (log_length + length < sizeof log_text) {
        memcpy(log_text + log_length, text, length);
        log_length += length;
    }
}

static void *caller(void *unused)
{
    for (;;) {
        struct timespec t = {0, 1000000};
        if (nanosleep(&t, NULL) != 0) {
            __sync_fetch_and_add(&errors, 1);
        }
        answer();
        if (write(bells[1], "", 1) != 1) {
            __sync_fetch_and_add(&errors, 1);
        }
    }
    return unused;
}

static void *lingerer(void *unused)
{
    linger(leave);
    return unused;
}

static void *obey(void *unused)
{
    char line[256];

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int gate, value;
        if (strcmp(line, "answer\n") == 0) {
            printf("%d\n", answer());
        } else if (strcmp(line, "log\n") == 0) {
            printf("%.*s\n", (int)log_length, log_text);
        } else if (sscanf(line, "gate %d %d", &gate, &value) == 2) {
            gates[gate & 3] = value;
            puts("set");
        } else if (strcmp(line, "where\n") == 0) {
            printf("%lx %lx %lx\n", (long)gates, (long)log_text, (long)&log_length);
        } else if (strcmp(line, "errors\n") == 0) {
            printf("%ld\n", errors);
        } else if (strcmp(line, "linger\n") == 0) {
            leave[0] = leave[1] = 0;
            pthread_create(&lingering, NULL, lingerer, NULL);
            while (!leave[1]) {
                usleep(100);
            }
            puts("in");
        } else if (strcmp(line, "leave\n") == 0) {
            leave[0] = 1;
            pthread_join(lingering, NULL);
            puts("out");
        } else {
            puts("?");
        }
        fflush(stdout);
    }
    exit(0);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (pipe(bells) != 0) {
        return 2;
    }
    for (int i = 0; i < (argc > 1 ? atoi(argv[1]) : 0); i++) {
        if (pthread_create(&thread, NULL, caller, NULL) != 0) {
            return 2;
        }
    }
    if (pthread_create(&thread, NULL, obey, NULL) != 0) {
        return 2;
    }
    for (;;) {
        char bell;
        if (read(bells[0], &bell, 1) != 1) {
            __sync_fetch_and_add(&errors, 1);
        }
    }
}
