/* What optimisation makes of functions: clones, parts, aliases, tail calls. */
enum colour { RED, GREEN = 5, BLUE };
typedef enum colour paint;

struct pair {
    int first;
    int second;
};

volatile int sink;

__attribute__((noinline)) int called_last(int a, char *text)
{
    sink = a;
    return text[0];
}

int jumps(int a, char *text)
{
    return called_last(a + 1, text);
}

/* The second argument is always the same, and the structure need not be passed. */
static __attribute__((noinline)) int specialised(const struct pair *pair, int always)
{
    for (int i = 0; i < pair->first; i++)
        sink += always * i;
    return sink;
}

static void variadic(const char *format, ...)
{
    sink += format[0];
}

int outer(paint colour)
{
    struct pair pair = {colour, 3};
    variadic("x", 1);
    return specialised(&pair, 7);
}

int another_name(paint colour) __attribute__((alias("outer")));

__attribute__((cold, noinline)) void give_up(int a)
{
    sink = a;
    for (;;)
        sink++;
}

int rarely(int a)
{
    if (a > 1000)
        give_up(a * sink);
    return sink + a;
}

static inline __attribute__((always_inline)) int innermost(int a)
{
    return a * sink;
}

static inline __attribute__((always_inline)) int middle(int a)
{
    return innermost(a) + 1;
}

int main(int argc, char **argv)
{
    return outer((paint)argc) + jumps(argc, argv[0]) + middle(argc) + rarely(argc);
}
