/*
 * A program whose struct a patch makes grow. Threads open, use and close sessions all the time; it obeys lines:
 *
 *     grown THREADS
 *
 *     rounds       prints how many sessions were closed
 *     steady V     whether every session that is opened from now on is counted by a patch
 *     errors       prints how often session_use() returned what it must not
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
    long uses;
    char name[16];
};

static volatile long errors;
static volatile long rounds;
static volatile int steady;

__attribute__((noipa)) struct session *session_open(void)
{
    __asm__ volatile("");
    return calloc(1, sizeof(struct session));
}

__attribute__((noipa)) long session_use(struct session *session)
{
    session->uses++;
    return 0;
}

__attribute__((noipa)) void session_close(struct session *session)
{
    __asm__ volatile("");
    free(session);
}

enum { AT_ONCE = 8, USES = 20 };

/* A session's uses are counted from its first one on, without a gap, or not at all. */
static void *user(void *unused)
{
    for (;;) {
        struct session *sessions[AT_ONCE];
        long last[AT_ONCE] = {0};
        int counted = steady;

        for (int i = 0; i < AT_ONCE; i++) {
            sessions[i] = session_open();
        }
        for (int use = 1; use <= USES; use++) {
            for (int i = 0; i < AT_ONCE; i++) {
                long now = session_use(sessions[i]);
                if (now < 0 || now > use || (now != 0 && last[i] != 0 && now != last[i] + 1) || (counted && steady && now != use)) {
                    __sync_fetch_and_add(&errors, 1);
                }
                last[i] = now;
            }
        }
        /* Patches want an instant in which no thread is inside. */
        usleep(1000);
        for (int i = 0; i < AT_ONCE; i++) {
            session_close(sessions[i]);
        }
        __sync_fetch_and_add(&rounds, AT_ONCE);
    }
    return unused;
}

int main(int argc, char **argv)
{
    char line[100];
    int value;

    for (int i = 0; i < (argc > 1 ? atoi(argv[1]) : 0); i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, user, NULL) != 0) {
            return 2;
        }
    }
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "steady %d", &value) == 1) {
            steady = value;
            puts("so");
        } else {
            printf("%ld\n", strcmp(line, "rounds\n") == 0 ? rounds : errors);
        }
        fflush(stdout);
    }
    return 0;
}
