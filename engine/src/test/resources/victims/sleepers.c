/* Threads that sleep for a time, and one that reads if the first argument says so. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void sleep_long(void)
{
    struct timespec left = {100000, 0};
    while (nanosleep(&left, &left) != 0) {
    }
}

static void *sleeper(void *unused)
{
    sleep_long();
    return unused;
}

static void *reader(void *unused)
{
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sleeper, NULL);
    if (argc > 1 && strcmp(argv[1], "reader") == 0) {
        pthread_create(&thread, NULL, reader, NULL);
    }
    puts("ready");
    fflush(stdout);
    sleep_long();
    return 0;
}
