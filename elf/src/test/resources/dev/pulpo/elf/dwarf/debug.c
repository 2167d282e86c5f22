/* One of everything that a C compiler describes. */
#include <stdio.h>
#include <stdlib.h>

struct point {
    int x;
    int y;
};

typedef struct {
    char tag;
    unsigned a : 3;
    unsigned b : 13;
    int c : 20;
    long long d : 40;
    union {
        int number;
        double real;
    };
    struct point corners[2][3];
    const struct point *next;
    int (*callback)(int);
    short flexible[];
} mixed;

union either {
    char bytes[24];
    mixed *pointer;
};

struct __attribute__((packed)) packed {
    char c;
    long l;
    unsigned char f : 1;
};

int global_number = 5;
static int hidden_number = 6;
__thread int per_thread = 7;
static __thread long hidden_per_thread[3];
static struct point origin;
union either any;
mixed mix;
struct packed small;

static inline __attribute__((always_inline)) int helper(int a)
{
    static int calls;
    calls += a;
    hidden_number += a;
    return a * hidden_number + calls;
}

static __attribute__((noinline)) int hidden_function(int a)
{
    return helper(a) + helper(a + 1);
}

int with_cold_part(int a)
{
    static int calls;
    calls++;
    if (__builtin_expect(a > 1000, 0)) {
        fprintf(stderr, "too large: %d %d\n", a, calls);
        abort();
    }
    return helper(a) + hidden_function(a);
}

int main(int argc, char **argv)
{
    per_thread += argc;
    hidden_per_thread[argc % 3] = argc;
    origin.x = argv[0][0];
    return with_cold_part(argc) + global_number + per_thread + (int)hidden_per_thread[1] + origin.x;
}
