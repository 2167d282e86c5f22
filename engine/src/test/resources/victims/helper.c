/* A library that a patch brings along. */
#include <unistd.h>

static int constructed;
static __thread int calls = 100;

__attribute__((constructor)) static void construct(void)
{
    constructed = 40;
}

__attribute__((destructor)) static void destroy(void)
{
    if (write(1, "helper gone\n", 12) != 12) {
        constructed = 0;
    }
}

int help(void)
{
    return constructed + ++calls;
}
