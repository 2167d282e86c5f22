/*
 * A program with functions of its own that can be patched, and that gets itself into awkward situations on demand:
 *
 *     secret, local, shared, set N   data of libprivate.so, which it is linked with; elsewhere: local, on another thread
 *     own                            a static function of the program
 *     open PATH, close, address      a library that it opens; resolve NAME once, and call it as often as wanted
 *     fork                           the answer of a child
 *     chroot DIR                     changes its root directory
 *     become ID                      goes on as that user
 *     seccomp kill, error, other     from now on openat kills the process, or fails; or ptrace kills it
 *     vfork, release                 a thread waits in vfork for a child that ends on release
 *     freeze                         the only thread does, until another line comes
 *     handlers                       handles all signals that do nothing by default
 *     handled                        how often it has handled one
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void set_private(int value);
int get_secret(void);
int get_local(void);
int get_shared(void);

static void *library;
static int (*resolved)(void);
static int pipe_ends[2];

__attribute__((noipa)) static int own(int x)
{
    __asm__ volatile("");
    return x;
}

static void *elsewhere(void *unused)
{
    (void)unused;
    return (void *)(long)get_local();
}

static int on_another_thread(void)
{
    pthread_t thread;
    void *result;

    pthread_create(&thread, NULL, elsewhere, NULL);
    pthread_join(thread, &result);
    return (int)(long)result;
}

static int in_child(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        _exit(get_secret() & 0x7f);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void *wait_in_vfork(void *unused)
{
    char c;

    if (vfork() == 0) {
        /* A child of vfork may make system calls that touch nothing of its parent. It ends with that at the latest. */
        syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
        syscall(SYS_read, pipe_ends[0], &c, 1);
        _exit(0);
    }
    return unused;
}

static void freeze(void)
{
    char c;

    puts("freezing");
    if (vfork() == 0) {
        syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
        while (syscall(SYS_read, 0, &c, 1) == 1 && c != '\n') {
        }
        _exit(0);
    }
    puts("thawed");
}

static volatile int handled;

static void count(int signal)
{
    (void)signal;
    handled++;
}

static void handle_all(void)
{
    signal(SIGURG, count);
    signal(SIGWINCH, count);
    signal(SIGCHLD, count);
    puts("handled");
}

static void filter(unsigned number, unsigned action)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(void)
{
    static char line[4096]; /* on the stack it would hold what the loader has left there */
    pthread_t thread;

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *argument = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (argument != NULL) {
            *argument++ = '\0';
        }
        if (strcmp(line, "secret") == 0) {
            printf("%d\n", get_secret());
        } else if (strcmp(line, "local") == 0) {
            printf("%d\n", get_local());
        } else if (strcmp(line, "shared") == 0) {
            printf("%d\n", get_shared());
        } else if (strcmp(line, "elsewhere") == 0) {
            printf("%d\n", on_another_thread());
        } else if (strcmp(line, "set") == 0) {
            set_private(atoi(argument));
            puts("set");
        } else if (strcmp(line, "own") == 0) {
            printf("%d\n", own(11));
        } else if (strcmp(line, "open") == 0) {
            library = dlopen(argument, RTLD_NOW);
            puts(library == NULL ? dlerror() : "open");
        } else if (strcmp(line, "close") == 0) {
            printf("%d\n", dlclose(library));
        } else if (strcmp(line, "address") == 0) {
            resolved = (int (*)(void))dlsym(library, argument);
            puts(resolved == NULL ? "none" : "resolved");
        } else if (strcmp(line, "call") == 0) {
            printf("%d\n", resolved());
        } else if (strcmp(line, "fork") == 0) {
            printf("%d\n", in_child());
        } else if (strcmp(line, "chroot") == 0) {
            puts(chroot(argument) == 0 && chdir("/") == 0 ? "changed" : strerror(errno));
        } else if (strcmp(line, "become") == 0) {
            puts(setgid((gid_t)atoi(argument)) == 0 && setuid((uid_t)atoi(argument)) == 0 ? "become" : strerror(errno));
        } else if (strcmp(line, "seccomp") == 0) {
            if (strcmp(argument, "kill") == 0) {
                filter(SYS_openat, SECCOMP_RET_KILL_PROCESS);
            } else if (strcmp(argument, "error") == 0) {
                filter(SYS_openat, SECCOMP_RET_ERRNO | EPERM);
            } else {
                filter(SYS_ptrace, SECCOMP_RET_KILL_PROCESS);
            }
            puts("filtered");
        } else if (strcmp(line, "vfork") == 0) {
            if (pipe(pipe_ends) == 0) {
                pthread_create(&thread, NULL, wait_in_vfork, NULL);
            }
            puts("forked");
        } else if (strcmp(line, "freeze") == 0) {
            freeze();
        } else if (strcmp(line, "handlers") == 0) {
            handle_all();
        } else if (strcmp(line, "handled") == 0) {
            printf("%d\n", handled);
        } else if (strcmp(line, "release") == 0) {
            puts(write(pipe_ends[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0 ? "released" : strerror(errno));
        } else {
            puts("what?");
        }
    }
    return 0;
}
