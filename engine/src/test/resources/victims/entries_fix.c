/* Replacements for functions that were not built to be replaced; those that wrap the original need pulpo.h. */
int fixed(int x)
{
    return x + VALUE;
}

#if defined WRAP_plain || defined WRAP_local
#include "pulpo.h"
#endif

#ifdef WRAP_plain
PULPO_ORIGINAL(int, plain, (int));

int wrapped_plain(int x)
{
    return pulpo_original(plain)(x) + VALUE;
}

/* Every third call fails, before the original is asked; arguments that it was not made for never reach it. */
int faulty_plain(int x)
{
    static int calls;

    if (x < 0) {
        return -22;
    }
    return ++calls % 3 == 0 ? -5 : pulpo_original(plain)(x);
}
#endif

#ifdef WRAP_tabled
PULPO_ORIGINAL(int, tabled, (int));

int wrapped_tabled(int x)
{
    return pulpo_original(tabled)(x) + VALUE;
}
#endif

#ifdef WRAP_local
PULPO_ORIGINAL_NAMED(int, local, "local@entries_main.c", (int));

int wrapped_local(int x)
{
    return pulpo_original(local)(x) + VALUE;
}
#endif
