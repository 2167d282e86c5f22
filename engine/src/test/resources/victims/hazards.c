/*
 * A program whose threads notice when something is done to them:
 *
 *     hazards KIND
 *
 *     vectors    all vector registers hold a pattern, and are compared all the time
 *     timer      a profiling timer fires every 0.3 ms; its handler counts
 *     blocked    one thread each in read, poll, select, epoll_wait, nanosleep, futex, pause and a signal wait
 *     wx         under memory-deny-write-execute
 *     epoll      the only thread waits in epoll_wait (standard input) and reports an EINTR
 *     restart    every thread waits in a call that restarts through its restart block: the main one in poll, three in
 *                nanosleep, one in a futex with a timeout; an EINTR or a sleep that ends too early counts as an error
 *     signals    a thread sends the process queued signals; "lost" stops it and prints how many never came
 *     forks      a thread forks; the child leaves with what answer() says
 *     rseq       the only thread is in a restartable sequence nearly always; an error is one that was neither left alone nor
 *                restarted: "touched" is changed by the patch where it is loaded
 *     users      a thread changes the process's effective user all the time
 *     namespaces the main thread enters new mount and UTS namespaces all the time
 *     vforks     a thread makes children that share its memory until they execute /bin/true
 *
 * Commands: exec executes another program, exec-thread does so in another thread than the main one, leave ends the main thread
 * and has another one obey, eat takes memory without end, answer, errors, rounds, as server.c; wake lets the blocked threads go, woken prints what they got.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sched.h>
#include <sys/rseq.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int answer(void);

static volatile long errors;
static volatile long rounds;
static volatile long ticks;

/* Fills ymm0-15 (and zmm16-31 where there are any), waits a little without calling anything, and compares. */
static int avx512;
static void vectors_once(unsigned long pattern)
{
    unsigned long in[8] __attribute__((aligned(64)));
    unsigned long out[32][8] __attribute__((aligned(64)));
    for (int i = 0; i < 8; i++) {
        in[i] = pattern + i;
    }
    if (avx512) {
        __asm__ volatile(
            "vmovdqu64 (%0), %%zmm0\n vmovdqu64 (%0), %%zmm7\n vmovdqu64 (%0), %%zmm15\n vmovdqu64 (%0), %%zmm31\n"
            "mov $20000, %%ecx\n 1: pause\n dec %%ecx\n jnz 1b\n"
            "vmovdqu64 %%zmm0, (%1)\n vmovdqu64 %%zmm7, 64(%1)\n vmovdqu64 %%zmm15, 128(%1)\n vmovdqu64 %%zmm31, 192(%1)\n"
            : : "r"(in), "r"(out) : "ecx", "memory", "xmm0", "xmm7", "xmm15");
        for (int r = 0; r < 4; r++) {
            if (memcmp(in, out[r], 64) != 0) {
                __sync_fetch_and_add(&errors, 1);
            }
        }
    } else {
        __asm__ volatile(
            "vmovdqu (%0), %%ymm0\n vmovdqu (%0), %%ymm7\n vmovdqu (%0), %%ymm15\n"
            "mov $20000, %%ecx\n 1: pause\n dec %%ecx\n jnz 1b\n"
            "vmovdqu %%ymm0, (%1)\n vmovdqu %%ymm7, 64(%1)\n vmovdqu %%ymm15, 128(%1)\n"
            : : "r"(in), "r"(out) : "ecx", "memory", "xmm0", "xmm7", "xmm15");
        for (int r = 0; r < 3; r++) {
            if (memcmp(in, out[r], 32) != 0) {
                __sync_fetch_and_add(&errors, 1);
            }
        }
    }
}

static void *vector_thread(void *seed)
{
    for (;;) {
        vectors_once((unsigned long)seed * 0x0101010101010101ul + (unsigned long)rounds);
        __sync_fetch_and_add(&rounds, 1);
    }
    return NULL;
}

static void tick(int signal)
{
    (void)signal;
    ticks++;
}

static int wake_pipe[2];
static int futex_word;
static char woken[64][80];
static int slots;
static volatile int woken_count;

static void note(const char *what, long result, int error)
{
    int slot = __sync_fetch_and_add(&slots, 1);
    snprintf(woken[slot], sizeof woken[slot], "%s=%ld/%d", what, result, result < 0 ? error : 0);
    __sync_fetch_and_add(&woken_count, 1);
}

/* Until so many have woken; for a minute where they do not. */
static void await_woken(int count)
{
    for (int i = 0; i < 60000 && woken_count < count; i++) {
        usleep(1000);
    }
}

static void *in_read(void *unused)
{
    char c;
    long r = read(wake_pipe[0], &c, 1);
    note("read", r, errno);
    return unused;
}

static void *in_poll(void *unused)
{
    struct pollfd p = {.fd = wake_pipe[0], .events = POLLIN};
    long r = poll(&p, 1, 60000);
    note("poll", r, errno);
    return unused;
}

static void *in_select(void *unused)
{
    fd_set set;
    struct timeval t = {60, 0};
    FD_ZERO(&set);
    FD_SET(wake_pipe[0], &set);
    long r = select(wake_pipe[0] + 1, &set, NULL, NULL, &t);
    note("select", r, errno);
    return unused;
}

static void *in_epoll(void *unused)
{
    struct epoll_event e = {.events = EPOLLIN};
    int fd = epoll_create1(0);
    epoll_ctl(fd, EPOLL_CTL_ADD, wake_pipe[0], &e);
    long r = epoll_wait(fd, &e, 1, 60000);
    note("epoll", r, errno);
    return unused;
}

static void *in_futex(void *unused)
{
    struct timespec t = {60, 0};
    long r = syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, &t, NULL, 0);
    note("futex", r, errno);
    return unused;
}

static void *in_nanosleep(void *unused)
{
    struct timespec t = {1, 500000000}, from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    long r = nanosleep(&t, NULL);
    int error = errno;
    clock_gettime(CLOCK_MONOTONIC, &to);
    double slept = (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9;
    note(slept >= 1.5 && slept < 1.9 ? "nanosleep" : "nanosleep-not-1.5-s", r, error);
    return unused;
}

static void start(void *(*thread)(void *), long argument)
{
    pthread_t id;
    if (pthread_create(&id, NULL, thread, (void *)argument) != 0) {
        exit(5);
    }
}

static void *idle(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

static int epoll_server(void)
{
    struct epoll_event e = {.events = EPOLLIN};
    int fd = epoll_create1(0);
    char line[64];
    epoll_ctl(fd, EPOLL_CTL_ADD, 0, &e);
    for (;;) {
        int n = epoll_wait(fd, &e, 1, -1);
        if (n < 0) {
            errors++;
            continue;
        }
        long length = read(0, line, sizeof line - 1);
        if (length <= 0) {
            return 0;
        }
        line[length] = 0;
        dprintf(1, "%ld\n", strcmp(line, "errors\n") == 0 ? errors : (long)answer());
    }
}

static void *in_short_sleeps(void *unused)
{
    for (;;) {
        struct timespec t = {0, 5000000}, from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        long r = nanosleep(&t, NULL);
        clock_gettime(CLOCK_MONOTONIC, &to);
        if (r != 0 || (to.tv_sec - from.tv_sec) * 1000000000 + (to.tv_nsec - from.tv_nsec) < t.tv_nsec) {
            dprintf(2, "nanosleep: %ld, %s\n", r, strerror(errno));
            __sync_fetch_and_add(&errors, 1);
        }
        __sync_fetch_and_add(&rounds, 1);
    }
    return unused;
}

static void *in_short_futexes(void *unused)
{
    for (;;) {
        struct timespec t = {0, 5000000};
        long r = syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, &t, NULL, 0);
        if (r != -1 || errno != ETIMEDOUT) {
            dprintf(2, "futex: %ld, %s\n", r, strerror(errno));
            __sync_fetch_and_add(&errors, 1);
        }
        __sync_fetch_and_add(&rounds, 1);
    }
    return unused;
}

static volatile long sent;
static volatile long received;
static volatile int quiet;

static void receive(int signal)
{
    (void)signal;
    __sync_fetch_and_add(&received, 1);
}

static void *signaller(void *unused)
{
    union sigval none = {0};
    while (!quiet) {
        if (sigqueue(getpid(), SIGRTMIN, none) == 0) {
            sent++;
        }
        usleep(200);
    }
    quiet = 2;
    return unused;
}

static long lost(void)
{
    quiet = 1;
    for (int i = 0; i < 5000 && (quiet == 1 || received != sent); i++) {
        usleep(1000);
    }
    return sent - received;
}

static void *forker(void *shared_memory)
{
    char *program[] = {"true", NULL};
    for (;;) {
        int status = 0;
        pid_t child = shared_memory ? vfork() : fork();
        if (child == 0) {
            if (shared_memory) {
                execv("/bin/true", program);
            }
            _exit(shared_memory ? 127 : answer());
        }
        while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : 200;
        if (child < 0 || (shared_memory ? code != 0 : code != 1 && code != 2)) {
            __sync_fetch_and_add(&errors, 1);
        }
        __sync_fetch_and_add(&rounds, 1);
        usleep(1000);
    }
    return NULL;
}

/* Does what the next line of the standard input says, if there is one. Returns what reading it returned. */
static long obey_line(void)
{
    char line[64];
    long length = read(0, line, sizeof line - 1);
    if (length > 0) {
        line[length] = 0;
        dprintf(1, "%ld\n", strcmp(line, "errors\n") == 0 ? errors
            : strcmp(line, "rounds\n") == 0 ? rounds : (long)answer());
    }
    return length;
}

static int poll_server(void)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    for (;;) {
        int n = poll(&p, 1, -1);
        if (n != 1) {
            errors++;
            continue;
        }
        if (obey_line() <= 0) {
            return 0;
        }
    }
}

volatile long touched;

/* rseq(2): a sequence that is interrupted begins anew. Returns whether it came to its end; one that was torn is an error. */
static int sequence_once(struct rseq *area, volatile long *ended)
{
    __asm__ goto(".pushsection __rseq_cs, \"aw\"\n"
                 ".balign 32\n 3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n"
                 ".popsection\n"
                 "leaq 3b(%%rip), %%rax\n movq %%rax, %[section]\n"
                 "1: movq %[touched], %%rdx\n movl $20000, %%ecx\n"
                 "5: pause\n decl %%ecx\n jnz 5b\n"
                 "cmpq %[touched], %%rdx\n jne %l[torn]\n addq $1, %[ended]\n"
                 "2: jmp %l[done]\n"
                 ".byte 0x0f, 0xb9, 0x3d\n .long %c[signature]\n"
                 "4: jmp %l[aborted]\n"
                 :
                 : [section] "m"(area->rseq_cs), [touched] "m"(touched), [ended] "m"(*ended),
                   [signature] "i"(RSEQ_SIG)
                 : "rax", "rcx", "rdx", "memory", "cc"
                 : torn, done, aborted);
done:
    return 1;
torn:
    errors++;
    return 0;
aborted:
    return 0;
}

static int sequence_server(void)
{
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    fcntl(0, F_SETFL, O_NONBLOCK);
    for (;;) {
        sequence_once(area, &rounds);
        area->rseq_cs = 0;
        if (obey_line() == 0) {
            return 0;
        }
    }
}

static void *user_changer(void *unused)
{
    for (;;) {
        if (seteuid(65534) != 0 || seteuid(0) != 0) {
            __sync_fetch_and_add(&errors, 1);
        }
        __sync_fetch_and_add(&rounds, 1);
        usleep(500);
    }
    return unused;
}

static int namespace_server(void)
{
    struct pollfd p = {.fd = 0, .events = POLLIN};
    for (;;) {
        if (unshare(CLONE_NEWNS | CLONE_NEWUTS) != 0) {
            errors++;
        }
        rounds++;
        if (poll(&p, 1, 1) != 1) {
            continue;
        }
        if (obey_line() <= 0) {
            return 0;
        }
    }
}

static void eat(void)
{
    for (;;) {
        char *memory = malloc(1 << 20);
        if (memory != NULL) {
            memset(memory, 1, 1 << 20);
        }
    }
}

static void *become_another(void *unused)
{
    execl("/bin/sleep", "sleep", "60", NULL);
    return unused;
}

static void *obey(void *unused)
{
    char line[256];

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "answer\n") == 0) {
            printf("%d\n", answer());
        } else if (strcmp(line, "errors\n") == 0) {
            printf("%ld\n", errors);
        } else if (strcmp(line, "rounds\n") == 0) {
            printf("%ld\n", rounds);
        } else if (strcmp(line, "ticks\n") == 0) {
            printf("%ld\n", ticks);
        } else if (strcmp(line, "early\n") == 0) {
            printf("%d\n", woken_count);
        } else if (strcmp(line, "lost\n") == 0) {
            printf("%ld\n", lost());
        } else if (strcmp(line, "eat\n") == 0) {
            eat();
        } else if (strcmp(line, "exec\n") == 0) {
            become_another(NULL);
        } else if (strcmp(line, "exec-thread\n") == 0) {
            start(become_another, 0);
        } else if (strcmp(line, "leave\n") == 0) {
            start(obey, 0);
            pthread_exit(NULL);
        } else if (strcmp(line, "wake\n") == 0) {
            start(in_read, 0);
            while (syscall(SYS_futex, &futex_word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0) {
                usleep(1000);
            }
            /* The futex and the sleep. */
            await_woken(2);
            if (write(wake_pipe[1], "xx", 2) != 2) {
                exit(4);
            }
            /* And read, poll, select and epoll_wait. */
            await_woken(6);
            for (int i = 0; i < woken_count; i++) {
                printf("%s ", woken[i]);
            }
            printf("\n");
        } else {
            printf("?\n");
        }
    }
    exit(0);
    return unused;
}

int main(int argc, char **argv)
{
    const char *kind = argv[1];

    (void)argc;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(kind, "vectors") == 0) {
        __builtin_cpu_init();
        avx512 = __builtin_cpu_supports("avx512f");
        start(vector_thread, 1);
        start(vector_thread, 2);
        printf("ready\n");
    } else if (strcmp(kind, "timer") == 0) {
        struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
        struct itimerval every = {{0, 300}, {0, 300}};
        sigaction(SIGPROF, &action, NULL);
        setitimer(ITIMER_PROF, &every, NULL);
        start(vector_thread, 3);
        printf("ready\n");
    } else if (strcmp(kind, "blocked") == 0) {
        if (pipe(wake_pipe) != 0) {
            return 2;
        }
        start(in_poll, 0);
        start(in_select, 0);
        start(in_epoll, 0);
        start(in_futex, 0);
        start(in_nanosleep, 0);
        usleep(50000);
        printf("ready\n");
    } else if (strcmp(kind, "wx") == 0) {
        start(idle, 0);
        if (prctl(65 /* PR_SET_MDWE */, 1, 0, 0, 0) != 0) {
            printf("unsupported\n");
            return 0;
        }
        printf("ready\n");
    } else if (strcmp(kind, "epoll") == 0) {
        printf("ready\n");
        return epoll_server();
    } else if (strcmp(kind, "signals") == 0) {
        struct sigaction action = {.sa_handler = receive, .sa_flags = SA_RESTART};
        sigaction(SIGRTMIN, &action, NULL);
        start(signaller, 0);
        start(vector_thread, 4);
        printf("ready\n");
    } else if (strcmp(kind, "forks") == 0 || strcmp(kind, "vforks") == 0) {
        start(forker, kind[0] == 'v');
        printf("ready\n");
    } else if (strcmp(kind, "rseq") == 0) {
        printf(__rseq_size == 0 ? "unsupported\n" : "ready\n");
        return __rseq_size == 0 ? 0 : sequence_server();
    } else if (strcmp(kind, "users") == 0) {
        start(user_changer, 0);
        start(vector_thread, 5);
        printf("ready\n");
    } else if (strcmp(kind, "namespaces") == 0) {
        start(vector_thread, 6);
        printf("ready\n");
        return namespace_server();
    } else if (strcmp(kind, "restart") == 0) {
        for (int i = 0; i < 3; i++) {
            start(in_short_sleeps, 0);
        }
        start(in_short_futexes, 0);
        printf("ready\n");
        return poll_server();
    } else {
        return 3;
    }
    obey(NULL);
    return 0;
}
