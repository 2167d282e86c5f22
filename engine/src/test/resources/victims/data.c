/* Data of all kinds, which a debugger and Pulpo are asked for. Obeys lines. */
#define _GNU_SOURCE
#include <complex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "data.h"

enum color { RED, GREEN = 5, BLUE };
enum rights { READ = 1, WRITE = 2, EXECUTE = 4 };
enum mixed { ONE = 1, TWO = 2, BOTH = 3 };
enum modes { NONE, FAST, SAFE };
enum depth { BELOW = -3, LEVEL = 0, ABOVE = 3 };
typedef unsigned long long wide;
typedef int (*operation)(int, int);

struct point { int x, y; };
struct client {
    struct client *next;
    const char *name;
    int fd;
    enum rights rights;
    struct point at[2];
    union { int number; float fraction; };
    struct { short inner; char letter; } named;
    unsigned ready : 1;
    signed balance : 5;
    unsigned kind : 7;
    wide far : 40;
    enum color color : 4;
};
struct server {
    char title[16];
    struct client *clients[4];
    struct client *head;
    int matrix[2][3];
    double load;
    volatile _Bool running;
    operation handler;
    void *anything;
    const struct point *const origin;
};
struct tail { int count; struct point items[]; };
struct ring { struct ring *next; int number; };
union word { uint32_t all; uint8_t bytes[4]; };

static int add(int a, int b) { return a + b; }

signed char signed_char = -5;
unsigned char unsigned_char = 200;
char letter = 'p', newline = '\n';
short small = -12345;
unsigned short unsigned_small = 54321;
int number = -1234567890;
unsigned unsigned_number = 4000000000u;
long large = -1234567890123456789;
wide unsigned_large = 18446744073709551615ull;
__int128 huge = ((__int128) 1 << 100) + 7;
_Bool truth = 1;
float fraction = 0.5f;
double precise = -1.25e300;
long double extended = 1.5L;
double complex imaginary = 1.5 + 2.5 * I;
const int constant = 12;
volatile int changing = 13;
enum color color = GREEN;
enum color no_color = 3;
enum rights rights = READ | EXECUTE;
enum mixed mixed = BOTH, more_mixed = 5;
enum modes modes = FAST | SAFE;
enum rights odd_rights = WRITE | 16;
enum rights no_rights = 0;
enum depth deep = BELOW;
const char *text = "it's \"quoted\"\n\ttab";
char characters[12] = "eight";
unsigned char octets[4] = {1, 2, 255, 0};
int zeros[32];
int numbers[5] = {1, 2, 3, 4, 5};
struct point points[3] = {{1, 2}, {3, 4}, {5, 6}};
struct point *pointer = &points[1];
struct point **twice_removed = &pointer;
int *nothing;
void *untyped = numbers;
int *wild = (int *) 0x10;
operation function = add;
union word word = {0x04030201};
int deep_array[2][2][2] = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
static volatile int twice = 22;
static struct point start = {-1, -1};
struct client third = {0, "third", 12, EXECUTE, {{5, 6}, {7, 8}}, {3}, {3, 'c'}, 1, -16, 127, 0xffffffffffull, BLUE};
struct client second = {&third, "second", 11, WRITE, {{3, 4}, {5, 6}}, {2}, {2, 'b'}, 0, 15, 64, 1, RED};
struct client first = {&second, "first", 10, READ | WRITE, {{1, 2}, {3, 4}}, {1}, {1, 'a'}, 1, -1, 3,
        0x123456789aull, GREEN};
struct server server = {"main server", {&first, &second, 0, &third}, &first, {{1, 2, 3}, {4, 5, 6}}, 0.25, 1, add,
        &number, &start};
struct tail *flexible;
struct ring ring_c = {0, 3}, ring_b = {&ring_c, 2}, ring_a = {&ring_b, 1};
struct ring *circle = &ring_a;
struct ring lasso_c = {0, 3}, lasso_b = {&lasso_c, 2}, lasso_a = {&lasso_b, 1};
struct ring *lasso = &lasso_a;
extern char **environ;
char **my_environment;
static const int *volatile read_only = &constant;
__thread int of_thread = 100;
static __thread volatile struct point thread_point = {7, 8};
struct { char before[4]; int unaligned; } __attribute__((packed)) packed = {"abc", 5};
long watched, torn;

static void *own_thread(void *given)
{
    of_thread = *(int *) given;
    thread_point.x = of_thread;
    printf("thread %ld %p\n", (long) syscall(SYS_gettid), (void *) &of_thread);
    fflush(stdout);
    pause();
    return given;
}

/* Reads all the time what is written from outside, and counts what is neither the one nor the other value. */
static void *watcher(void *given)
{
    (void) given;
    while (*(volatile long *) &watched != 1) {
        long seen = *(volatile long *) &watched;
        if (seen != 0 && seen != -1)
            torn++;
    }
    return given;
}

int main(void)
{
    char line[80];
    static int value = 300;
    pthread_t thread, watching;

    flexible = malloc(sizeof *flexible + 3 * sizeof(struct point));
    flexible->count = 3;
    for (int i = 0; i < 3; i++)
        flexible->items[i] = (struct point) {i, i * i};
    ring_c.next = &ring_a;
    lasso_c.next = &lasso_b;
    my_environment = environ;
    of_thread = 101;
    thread_point.y = touch_all() + twice + *read_only;
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!strcmp(line, "thread\n")) {
            pthread_create(&thread, 0, own_thread, &value);
            continue;
        } else if (!strcmp(line, "watch\n")) {
            pthread_create(&watching, 0, watcher, 0);
            puts("watching");
        } else if (!strcmp(line, "watched\n")) {
            pthread_join(watching, 0);
            printf("torn %ld\n", torn);
        } else {
            printf("%d %d %s %u %d %g %d %d\n", number, color == BLUE, truth ? "true" : "false", rights, letter,
                    fraction, first.fd, of_thread);
        }
        fflush(stdout);
    }
    return 0;
}
