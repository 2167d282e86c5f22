/* A library with private data and functions, to be patched by plain C. */
#include "plain.h"

static int counter = 100;
static __thread long per_thread = 40;
static const char *names[] = {"zero", "one", "two"};

static __attribute__((noinline)) int hidden(int a)
{
    __asm__ volatile("");
    return a + counter;
}

__attribute__((noinline)) int answer(struct request *request)
{
    static int calls;
    calls++;
    counter += request->step;
    per_thread++;
    return hidden(request->value);
}

__attribute__((noinline)) long thread_value(void)
{
    __asm__ volatile("");
    return per_thread;
}

__attribute__((noinline)) const char *name_of(int index)
{
    __asm__ volatile("");
    return names[index];
}

static inline __attribute__((always_inline)) int small(int a)
{
    return a * 3;
}

__attribute__((noinline)) int uses_small(int a)
{
    int (*volatile pointer)(int) = small;
    return small(a) + pointer(a);
}

static const char nobody[] = "nobody";

/* Whose address matters. */
__attribute__((noinline)) int is_nobody(const char *name)
{
    return name == nobody;
}

/* Big enough for -fstack-protector. */
__attribute__((noinline)) int longest(const char *text)
{
    char copy[100];
    int length = 0;
    for (; text[length] != 0 && length < 99; length++)
        copy[length] = text[length];
    __asm__ volatile("" : : "r"(copy) : "memory");
    return length;
}
