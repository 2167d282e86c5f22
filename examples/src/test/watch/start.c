// start COUNT SERVER: starts COUNT servers at once, each with the time of its execve(2). They end with this process.
// start --storm COUNT ATONCE PROGRAM...: starts COUNT processes, ATONCE at a time, of the programs in turn, and waits for all.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void serve(const char *server)
{
    struct timespec time;
    char start[32];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    clock_gettime(CLOCK_MONOTONIC, &time);
    snprintf(start, sizeof start, "%lld", time.tv_sec * 1000000000LL + time.tv_nsec);
    execl(server, server, start, (char *)NULL);
    perror(server);
    _exit(127);
}

static int storm(int count, int at_once, char **programs, int kinds)
{
    int running = 0;
    int failed = 0;
    int status;

    for (int i = 0; i < count || running > 0;) {
        if (i < count && running < at_once) {
            pid_t child = fork();

            if (child == 0) {
                execl(programs[i % kinds], programs[i % kinds], (char *)NULL);
                _exit(127);
            }
            if (child < 0)
                return 2;
            i++;
            running++;
        } else if (wait(&status) > 0) {
            running--;
            failed += status != 0;
        }
    }
    return failed != 0;
}

int main(int count, char **arguments)
{
    if (count > 4 && !strcmp(arguments[1], "--storm"))
        return storm(atoi(arguments[2]), atoi(arguments[3]), arguments + 4, count - 4);
    if (count != 3)
        return 2;
    for (int i = atoi(arguments[1]); i > 0; i--) {
        pid_t child = fork();

        if (child == 0)
            serve(arguments[2]);
        if (child < 0)
            return 2;
    }
    for (;;)
        pause();
}
