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
