/* A program that calls the function that a line names with the number that the line gives, and prints the result. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
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

static void *lingerer(void *unused)
{
    calls_first(linger);
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
            pthread_create(&thread, NULL, lingerer, NULL);
            while (!inside) {
                usleep(100);
            }
            result = 0;
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
