/*
 * A server under load, in one process: CLIENTS threads ask, as many threads answer, and the main thread prints four
 * times a second how many replies came, the longest time that any client waited for one, and the reply:
 *
 *     server CLIENTS [stdin]
 *
 *     34512 replies/s, slowest 180 us: hello from version 1
 *
 * With "stdin" it ends when its standard input does.
 */
#include "greeting.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REPLY = 64, PRINTS_A_SECOND = 4 };

static long replies;
static long slowest;
static char latest[REPLY];
static pthread_mutex_t latest_lock = PTHREAD_MUTEX_INITIALIZER;

static long microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static void *answer(void *connection)
{
    serve((int)(intptr_t)connection);
    return NULL;
}

static void *ask(void *connection)
{
    char reply[REPLY];
    int socket = (int)(intptr_t)connection;

    for (;;) {
        long begin = microseconds();
        if (write(socket, "?", 1) != 1 || recv(socket, reply, sizeof reply, MSG_WAITALL) != sizeof reply) {
            fputs("server: a reply is missing\n", stderr);
            exit(1);
        }
        long took = microseconds() - begin;
        pthread_mutex_lock(&latest_lock);
        replies++;
        slowest = took > slowest ? took : slowest;
        memcpy(latest, reply, sizeof latest);
        pthread_mutex_unlock(&latest_lock);
        usleep(200);
    }
    return NULL;
}

static void *until_end_of_input(void *unused)
{
    char ignored;
    while (read(0, &ignored, 1) == 1) {
    }
    exit(0);
    return unused;
}

static void start(void *(*body)(void *), int argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, (void *)(intptr_t)argument) != 0) {
        fputs("server: no more threads\n", stderr);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    int clients = argc > 1 ? atoi(argv[1]) : 4;

    if (argc > 2 && strcmp(argv[2], "stdin") == 0) {
        start(until_end_of_input, 0);
    }
    for (int i = 0; i < clients; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
            perror("server: socketpair");
            return 1;
        }
        start(answer, ends[0]);
        start(ask, ends[1]);
    }
    for (;;) {
        usleep(1000000 / PRINTS_A_SECOND);
        pthread_mutex_lock(&latest_lock);
        printf("%ld replies/s, slowest %ld us: %s\n", replies * PRINTS_A_SECOND, slowest, latest);
        replies = 0;
        slowest = 0;
        pthread_mutex_unlock(&latest_lock);
        fflush(stdout);
    }
}
