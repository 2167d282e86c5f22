/* A patch that waits, while it is being loaded, until the thread that loads it has been cancelled. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

extern volatile pid_t loading;
extern volatile int cancelled;

__attribute__((constructor)) static void construct(void)
{
    loading = gettid();
    while (!cancelled) {
        sched_yield();
    }
    usleep(1);
    pthread_testcancel();
}

int fixed_answer(void)
{
    return 2;
}
