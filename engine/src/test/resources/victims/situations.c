/*
 * A program in situations that are hard on those who borrow threads:
 *
 *     situations KIND
 *
 *     plain      one thread, which waits for commands
 *     pending    one thread, which has been cancelled and does not come by a cancellation point until it is told to
 *     waiting    another thread waits in a cancellation point
 *     cancels    another thread starts threads and cancels them, all the time
 *     red-zone   one thread, which keeps numbers below its stack pointer and compares them all the time
 *     loader     four threads open, search and close libraries and allocate all the time
 *     loader-alone   the only thread does
 *
 * Commands: answer, errors, rounds; own, the program's private data; cancel, lets the cancellation happen;
 * fail, opens a library that there is not; error, what the loader has to say about it;
 * split IN OUT, a child that obeys on these; watched, what the parent has heard of that child from the kernel.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int answer(void);

static volatile long errors;
static volatile long rounds;
static volatile long cleaned;
static pthread_t waiting;
static int pipe_ends[2];
static const char *kind;
static pid_t child;
static volatile int own_data = 5;
static __thread volatile int own_local = 6;

__attribute__((noipa)) int own_value(void)
{
    __asm__ volatile("");
    return own_data;
}

__attribute__((noipa)) int own_thread_value(void)
{
    __asm__ volatile("");
    return own_local;
}

static void clean(void *unused)
{
    (void)unused;
    __sync_fetch_and_add(&cleaned, 1);
}

static void *wait_for_ever(void *unused)
{
    char c;

    pthread_cleanup_push(clean, NULL);
    while (read(pipe_ends[0], &c, 1) >= 0) {
    }
    pthread_cleanup_pop(0);
    return unused;
}

/* Whether the thread ends as a cancelled one does. */
static int cancel(pthread_t thread)
{
    void *result = NULL;

    return pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED;
}

static void *cancel_for_ever(void *unused)
{
    pthread_t thread;

    for (;;) {
        long before = cleaned;

        if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) {
            __sync_fetch_and_add(&errors, 1);
            continue;
        }
        usleep(rounds % 3 * 300);
        /* One that is cancelled before it has come to its handler has none to run. */
        if (!cancel(thread) || cleaned - before > 1) {
            __sync_fetch_and_add(&errors, 1);
        }
        rounds++;
    }
    return unused;
}

static void use_loader(void)
{
    void *memory = calloc(100, 3);
    void *itself = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD);
    void *library = dlopen("libm.so.6", RTLD_NOW);

    memory = realloc(memory, 5000);
    if (memory == NULL || itself == NULL || library == NULL || dlsym(itself, "answer") == NULL
        || dlsym(library, "cos") == NULL || dlsym(library, "no_such_symbol") != NULL || dlerror() == NULL
        || dlclose(library) != 0 || dlclose(itself) != 0) {
        __sync_fetch_and_add(&errors, 1);
    }
    free(memory);
    __sync_fetch_and_add(&rounds, 1);
}

static void *use_loader_for_ever(void *unused)
{
    for (;;) {
        use_loader();
    }
    return unused;
}

/* The 128 bytes below the stack pointer are the function's (psABI 3.2.2). */
static void use_red_zone(void)
{
    long count = 200000, first, middle, last;

    __asm__ volatile(
        "movq $0, -0x08(%%rsp)\n movq $0, -0x40(%%rsp)\n movq $0, -0x80(%%rsp)\n"
        "1: addq $1, -0x08(%%rsp)\n addq $2, -0x40(%%rsp)\n addq $3, -0x80(%%rsp)\n"
        "subq $1, %3\n jnz 1b\n"
        "movq -0x08(%%rsp), %0\n movq -0x40(%%rsp), %1\n movq -0x80(%%rsp), %2\n"
        : "=&r"(first), "=&r"(middle), "=&r"(last), "+r"(count) : : "memory", "cc");
    if (first != 200000 || middle != 400000 || last != 600000) {
        errors++;
    }
    rounds++;
}

/* Of system calls that are no cancellation points. */
static void say(const char *text)
{
    syscall(SYS_write, 1, text, strlen(text));
}

static void say_cancelled(void *unused)
{
    (void)unused;
    say("cancelled\n");
}

static void split(char *arguments)
{
    char *output = strchr(arguments, ' ');

    *output++ = '\0';
    child = fork();
    if (child == 0) {
        int in = open(arguments, O_RDONLY);
        int out = open(output, O_WRONLY);

        dup2(in, 0);
        dup2(out, 1);
    }
}

static const char *watched(void)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)child, &info, WSTOPPED | WCONTINUED | WEXITED | WNOHANG) != 0) {
        return strerror(errno);
    }
    return info.si_pid == 0 ? "nothing" : info.si_code == CLD_EXITED ? "exited" : "stopped or continued";
}

static void obey(char *line)
{
    char text[600];

    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "answer") == 0) {
        snprintf(text, sizeof text, "%d\n", answer());
    } else if (strcmp(line, "errors") == 0) {
        snprintf(text, sizeof text, "%ld\n", errors);
    } else if (strcmp(line, "rounds") == 0) {
        snprintf(text, sizeof text, "%ld\n", rounds);
    } else if (strcmp(line, "own") == 0) {
        snprintf(text, sizeof text, "%d %d\n", own_value(), own_thread_value());
    } else if (strncmp(line, "split ", 6) == 0) {
        split(line + 6);
        if (child == 0) {
            return;
        }
        snprintf(text, sizeof text, "%d\n", (int)child);
    } else if (strcmp(line, "fail") == 0) {
        snprintf(text, sizeof text, "%s\n", dlopen("/nowhere/lib.so", RTLD_NOW) == NULL ? "failed" : "opened");
    } else if (strcmp(line, "error") == 0) {
        const char *said = dlerror();
        snprintf(text, sizeof text, "%s\n", said == NULL ? "nothing" : said);
    } else if (strcmp(line, "watched") == 0) {
        snprintf(text, sizeof text, "%s\n", watched());
    } else if (strcmp(line, "cancel") == 0 && strcmp(kind, "pending") == 0) {
        pthread_testcancel();
        snprintf(text, sizeof text, "not cancelled\n");
    } else if (strcmp(line, "cancel") == 0) {
        int ended = cancel(waiting);
        snprintf(text, sizeof text, "%s %ld\n", ended ? "cancelled" : "not cancelled", cleaned);
    } else {
        snprintf(text, sizeof text, "what?\n");
    }
    say(text);
}

/* Between commands it does something, if there is something to be done; otherwise it waits. */
static void serve(void (*work)(void))
{
    static char line[4096];

    if (work != NULL) {
        fcntl(0, F_SETFL, O_NONBLOCK);
    }
    for (;;) {
        long length = syscall(SYS_read, 0, line, sizeof line - 1);

        if (length > 0) {
            line[length] = '\0';
            obey(line);
        } else if (length == 0) {
            return;
        }
        if (work != NULL) {
            work();
        }
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;

    kind = argc > 1 ? argv[1] : "plain";
    if (pipe(pipe_ends) != 0) {
        return 2;
    }
    if (strcmp(kind, "pending") == 0) {
        pthread_cleanup_push(say_cancelled, NULL);
        pthread_cancel(pthread_self());
        say("ready\n");
        serve(NULL);
        pthread_cleanup_pop(0);
        return 0;
    }
    if (strcmp(kind, "waiting") == 0) {
        pthread_create(&waiting, NULL, wait_for_ever, NULL);
    } else if (strcmp(kind, "cancels") == 0) {
        pthread_create(&thread, NULL, cancel_for_ever, NULL);
    } else if (strcmp(kind, "loader") == 0) {
        for (int i = 0; i < 4; i++) {
            pthread_create(&thread, NULL, use_loader_for_ever, NULL);
        }
    }
    say("ready\n");
    serve(strcmp(kind, "red-zone") == 0 ? use_red_zone : strcmp(kind, "loader-alone") == 0 ? use_loader : NULL);
    return 0;
}
