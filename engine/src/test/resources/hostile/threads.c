/*
 * Threads of every kind: threads KIND
 *
 *     makers    four that make others without end
 *     chain     each makes the next and ends; the first thread of all has ended
 *     sleepers  20,000, or as many as there may be
 *     vfork     twenty that wait for a child for ever, and cannot be stopped
 *     names     names with control characters and forged lines
 */
#include "hostile.h"

#include <pthread.h>
#include <sys/prctl.h>

/* Microseconds between two threads, from the environment: a busy kernel frees their stacks later than they can be made. */
static unsigned between;

static pthread_attr_t small;

static void *nothing(void *unused)
{
    return unused;
}

static void *maker(void *unused)
{
    pthread_t thread;
    for (;;) {
        pthread_create(&thread, &small, nothing, NULL);
        usleep(between);
    }
    return unused;
}

static void *link_of_a_chain(void *unused)
{
    pthread_t thread;
    usleep(between);
    while (pthread_create(&thread, &small, link_of_a_chain, NULL) != 0) {
    }
    return unused;
}

static void *sleeper(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

static void *parent(void *unused)
{
    if (vfork() == 0) {
        for (;;) {
            pause();
        }
    }
    return unused;
}

static void *named(void *unused)
{
    prctl(PR_SET_NAME, "\033[2J\nFORGED\xff");
    return sleeper(unused);
}

static void start(int number, void *(*function)(void *))
{
    pthread_t thread;
    for (int i = 0; i < number && pthread_create(&thread, &small, function, NULL) == 0; i++) {
    }
}

int main(int count, char **arguments)
{
    need(count > 1, "KIND");
    const char *kind = arguments[1];
    between = getenv("BETWEEN") ? atoi(getenv("BETWEEN")) : 0;
    pthread_attr_init(&small);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&small, 16384);
    if (!strcmp(kind, "makers")) {
        start(4, maker);
    } else if (!strcmp(kind, "chain")) {
        start(8, link_of_a_chain);
        answer();
        puts("ready");
        fflush(stdout);
        pthread_exit(NULL);
    } else if (!strcmp(kind, "sleepers")) {
        start(20000, sleeper);
    } else if (!strcmp(kind, "vfork")) {
        start(20, parent);
    } else if (!strcmp(kind, "names")) {
        start(4, named);
    } else {
        need(0, "no such kind");
    }
    live();
}
