/*
 * A program with a thread that is cancelled while it loads a patch. That thread waits
 *
 *     read     in a system call that is a cancellation point
 *     raw      in one that is none, with asynchronous cancellation
 *
 * and another one obeys: answer; cancelled, how that thread has ended, how many of its handlers have run, and whether it
 * was the one that loaded the patch. The program is ready when the kernel says that the thread waits.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int answer(void);

/* The patch says who loads it, and waits until that thread has been cancelled. */
volatile pid_t loading;
volatile int cancelled;

static pthread_t waiting;
static volatile pid_t waiting_id;
static const char *kind;
static int pipe_ends[2];
static volatile int cleaned;

static void *cancel(void *unused)
{
    while (!loading) {
        usleep(1000);
    }
    pthread_cancel(waiting);
    cancelled = 1;
    return unused;
}

static void *serve(void *unused)
{
    static char line[80];

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "answer", 6) == 0) {
            printf("%d\n", answer());
        } else {
            void *result = NULL;
            int error = pthread_join(waiting, &result);
            printf("%s, cleaned %d, %s\n", error == 0 && result == PTHREAD_CANCELED ? "cancelled" : "not cancelled",
                   cleaned, loading == waiting_id ? "loaded" : "not loaded");
        }
    }
    _exit(0);
    return unused;
}

static void clean(void *unused)
{
    (void)unused;
    cleaned++;
}

/* A function of which the compiler does not know that nothing is thrown through it. */
__attribute__((noipa)) static void read_raw(void)
{
    char c;

    syscall(SYS_read, pipe_ends[0], &c, 1);
    __asm__ volatile("");
}

static void *wait_for_ever(void *unused)
{
    char c;

    pthread_cleanup_push(clean, NULL);
    waiting_id = gettid();
    if (strcmp(kind, "raw") == 0) {
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
        for (;;) {
            read_raw();
        }
    }
    while (read(pipe_ends[0], &c, 1) >= 0) {
    }
    pthread_cleanup_pop(0);
    return unused;
}

/* The first cancellation loads a library, for which the others do not have to wait then. */
static int cancel_one(void)
{
    pthread_t thread;

    return pthread_create(&thread, NULL, wait_for_ever, NULL) || pthread_cancel(thread) || pthread_join(thread, NULL);
}

/* proc(5), /proc/PID/syscall: the number of the call that a thread is blocked in, and its arguments. */
static int is_reading(pid_t thread)
{
    char wanted[32], found[sizeof wanted] = "", path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
    int length = snprintf(wanted, sizeof wanted, "%d 0x%x ", SYS_read, pipe_ends[0]);
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(found, length + 1, file) == NULL) {
        found[0] = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return strcmp(wanted, found) == 0;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    kind = argc > 1 ? argv[1] : "read";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pipe(pipe_ends) != 0 || cancel_one() != 0) {
        return 1;
    }
    waiting_id = 0;
    cleaned = 0;
    if (pthread_create(&waiting, NULL, wait_for_ever, NULL) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0
        || pthread_create(&thread, NULL, cancel, NULL) != 0) {
        return 1;
    }
    while (waiting_id == 0 || !is_reading(waiting_id)) {
        usleep(1000);
    }
    puts("ready");
    for (;;) {
        pause();
    }
}
