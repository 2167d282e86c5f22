/* A library as distributions ship it: most of it has no name. Each -D is another fix. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define OWN static __attribute__((noinline))
#ifdef LONGER
#line 1000
#endif
static int calls = 40;
static int sums[8];
#ifdef FIXED
static int fixes;
#endif
OWN int twice(int x)
{
    calls++;
    return 2 * x;
}
OWN int thrice(int x)
{
    return 3 * x + calls;
}
static int (*const operations[])(int) = {twice, thrice, twice, thrice};
OWN const char *name(int x)
{
    switch (x) {
    case 0:
        return "zero";
    case 1:
        return "one";
    case 2:
        return "two";
    case 3:
#ifdef FIXED
        return "drei";
#else
        return "three";
#endif
    case 4:
        return "four";
    }
    return "many";
}
#ifdef FIXED
OWN int limited(int x)
{
    fixes++;
    return x > 6 ? 6 : x;
}
#endif
OWN int inner(int x)
{
    assert(x < 1000000);
#ifdef FIXED
    x = limited(x);
#endif
    sums[x & 7] += x;
    return operations[x & 3](x) + sums[x & 7];
}
struct object {
    long a;
#ifdef GROWN
    char more[100];
#endif
    long b;
};
OWN struct object *make(long b)
{
    struct object *made = malloc(sizeof *made);
    made->b = b;
    return made;
}
OWN long use(struct object *object)
{
    long b = object->b;
    free(object);
    return b + calls;
}
int checked(int x)
{
    assert(x >= 0);
    return x;
}
long answer(int x)
{
    return inner(checked(x)) * 1000L + (long)strlen(name(x & 7)) + use(make(x));
}
const char *text(int x)
{
    return name(x);
}
