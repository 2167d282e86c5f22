/* threads N sleep|spin: a process with N threads beside the main one, for the benchmark. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "greeting.h"

static void *sleeper(void *unused)
{
    pause();
    return unused;
}

static void *spinner(void *unused)
{
    for (;;) {
        __asm__ volatile("pause");
    }
    return unused;
}

int main(int argc, char **argv)
{
    int spin = argc > 2 && strcmp(argv[2], "spin") == 0;

    for (int i = argc > 1 ? atoi(argv[1]) : 0; i > 0; i--) {
        pthread_t thread;
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 64 * 1024);
        if (pthread_create(&thread, &small, spin ? spinner : sleeper, NULL) != 0) {
            return 1;
        }
    }
    printf("%s\n", greeting());
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
}
