/*
 * A library with indirect functions (STT_GNU_IFUNC) that was not built to be patched:
 *
 *     pick       exported: who uses it binds it when it is called first, unless LD_BIND_NOW says otherwise
 *     inner      hidden: the loader asks its resolver when the library is loaded
 *
 * and those that nobody uses, so that nobody ever asks their resolvers:
 *
 *     idle       hidden
 *     elsewhere  chooses a function of the C library
 *     none       chooses none
 *     faulty     its resolver reads what is not there
 */
#include <errno.h>
#include <stdlib.h>

volatile int asked;

#define NOINLINE __attribute__((noinline, used))

static NOINLINE int picked(int x)
{
    __asm__ volatile("");
    return x + 100;
}

static NOINLINE int not_picked(int x)
{
    __asm__ volatile("");
    return x + 200;
}

static volatile int first = 1;

/* As untidy as one may be. */
static int (*choose_pick(void))(int)
{
    asked++;
    errno = 5;
    return first ? picked : not_picked;
}

static NOINLINE int chosen_inner(int x)
{
    __asm__ volatile("");
    return x + 300;
}

static int (*choose_inner(void))(int)
{
    return chosen_inner;
}

static NOINLINE int chosen_idle(int x)
{
    __asm__ volatile("");
    return x + 400;
}

static int (*choose_idle(void))(int)
{
    return chosen_idle;
}

static int (*choose_elsewhere(void))(int)
{
    return abs;
}

static int (*choose_none(void))(int)
{
    return 0;
}

static int (*choose_faulty(void))(int)
{
    return *(int (*volatile *)(int))(long)(first << 4);
}

int pick(int x) __attribute__((ifunc("choose_pick")));
int inner(int x) __attribute__((ifunc("choose_inner"), visibility("hidden")));
int idle(int x) __attribute__((ifunc("choose_idle"), visibility("hidden"), used));
int elsewhere(int x) __attribute__((ifunc("choose_elsewhere")));
int none(int x) __attribute__((ifunc("choose_none")));
int faulty(int x) __attribute__((ifunc("choose_faulty")));

int call_inner(int x)
{
    return inner(x);
}
