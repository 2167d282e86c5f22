/* A program that calls the function that a line names with the number that the line gives, and prints the result. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int plain(int);
int tiny(void);
int tabled(int);
int call_hidden(int);
int chosen(int);
int looping(int);
int shared_tail(int);
int enters_shared_tail(int);
int calls_first(int (*)(void));
int call_other_local(int);
int faults_first(const int *);
int half_cold(int);
extern int (*wait_there)(void);

static __attribute__((noinline)) int local(int x)
{
    __asm__ volatile("");
    return x + 10;
}

static __attribute__((noinline)) int only_here(int x)
{
    __asm__ volatile("");
    return x ^ 0x55;
}

static volatile int leave;
static volatile int inside;

static int linger(void)
{
    inside = 1;
    while (!leave) {
        usleep(1000);
    }
    inside = 0;
    return 1;
}

static int in_cold;

static void *lingerer(void *unused)
{
    if (in_cold) {
        wait_there = linger;
        half_cold(77);
    } else {
        calls_first(linger);
    }
    return unused;
}

static int *hole;
static volatile int read_there;

/* Waits inside the signal handler, then makes the memory readable that was read. */
static void on_fault(int signal)
{
    (void)signal;
    linger();
    mprotect(hole, 4096, PROT_READ | PROT_WRITE);
}

static void *faulter(void *unused)
{
    read_there = faults_first(hole);
    return unused;
}

int main(void)
{
    char line[128];
    char name[64];
    int x;

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int result = -12345;
        x = 0;
        if (sscanf(line, "%63s %d", name, &x) < 1) {
            continue;
        }
        if (strcmp(name, "plain") == 0) {
            result = plain(x);
        } else if (strcmp(name, "tiny") == 0) {
            result = tiny();
        } else if (strcmp(name, "tabled") == 0) {
            result = tabled(x);
        } else if (strcmp(name, "hidden") == 0) {
            result = call_hidden(x);
        } else if (strcmp(name, "chosen") == 0) {
            result = chosen(x);
        } else if (strcmp(name, "local") == 0) {
            result = local(x);
        } else if (strcmp(name, "other") == 0) {
            result = call_other_local(x);
        } else if (strcmp(name, "only_here") == 0) {
            result = only_here(x);
        } else if (strcmp(name, "crc") == 0) {
            result = x;
        } else if (strcmp(name, "linger") == 0) {
            pthread_t thread;
            leave = 0;
            in_cold = x;
            pthread_create(&thread, NULL, lingerer, NULL);
            while (!inside) {
                usleep(100);
            }
            result = 0;
        } else if (strcmp(name, "fault") == 0) {
            pthread_t thread;
            struct sigaction action = {.sa_handler = on_fault};
            leave = 0;
            hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            sigaction(SIGSEGV, &action, NULL);
            pthread_create(&thread, NULL, faulter, NULL);
            while (!inside) {
                usleep(100);
            }
            result = 0;
        } else if (strcmp(name, "faulted") == 0) {
            while (read_there == 0) {
                usleep(100);
            }
            result = read_there;
        } else if (strcmp(name, "leave") == 0) {
            leave = 1;
            while (inside) {
                usleep(100);
            }
            result = 0;
        } else if (strcmp(name, "tail") == 0) {
            result = looping(x) + shared_tail(x) + enters_shared_tail(x);
        }
        printf("%d\n", result);
        fflush(stdout);
    }
    return 0;
}
