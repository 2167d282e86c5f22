// server START: calls answer() until the patch has come, and prints its process id and the microseconds since START (nanoseconds of
//     CLOCK_MONOTONIC). Then waits: SIGUSR1 makes it print its id and the answer.
// server: calls answer() once, and ends.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int answer(void);

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void nothing(int signal)
{
    (void)signal;
}

int main(int count, char **arguments)
{
    struct sigaction action = {.sa_handler = nothing};
    long long start;
    sigset_t asked;
    int patched = 0;

    if (count != 2)
        return answer() > 2;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_BLOCK, &asked, NULL);
    start = atoll(arguments[1]);
    for (;;) {
        long long passed = now() - start;
        // Two per cent of the time that has passed: so the load is small, and so is the error.
        long long pause = passed / 50 < 200000 ? 200000 : passed / 50 > 100000000 ? 100000000 : passed / 50;
        struct timespec wait = {.tv_nsec = pause};

        if (!patched && answer() == 2) {
            patched = 1;
            dprintf(STDOUT_FILENO, "patched %d %lld\n", (int)getpid(), (now() - start) / 1000);
        }
        if (sigtimedwait(&asked, NULL, &wait) == SIGUSR1)
            dprintf(STDOUT_FILENO, "answer %d %d\n", (int)getpid(), answer());
        else if (patched && sigwaitinfo(&asked, NULL) == SIGUSR1)
            dprintf(STDOUT_FILENO, "answer %d %d\n", (int)getpid(), answer());
    }
}
