/* Small, with most of what a compiler describes; needs no library. */
struct point {
    int x, y : 3, z : 5;
    struct point *next;
    union {
        long number;
        char text[2][4];
    };
};
typedef enum { RED, GREEN = 5 } colour;
typedef int (*callback)(struct point *, ...);

static __thread long per_thread;
static struct point origin;
volatile int sink;

static inline __attribute__((always_inline)) int inlined(int a)
{
    static int calls;
    calls += a;
    return a * sink + calls;
}

__attribute__((cold, noinline)) static void rare(const char *text)
{
    sink = text[1];
}

__attribute__((noinline)) static int last(colour paint, callback call)
{
    if (sink > 100)
        rare("rare");
    return call(&origin, paint) + inlined(paint);
}

int exported(int a, callback call)
{
    int sum = 0;
    for (int i = 0; i < a; i++) {
        int square = i * i;
        sum += inlined(square) + (int)per_thread++;
    }
    sink = sum;
    return last(GREEN, call);
}
