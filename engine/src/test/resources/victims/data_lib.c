/* A library with data of its own, which a program may interpose, and thread-local data. */
int shared_value = 5;
static int kept = 6;
__thread int lib_thread = 7;
/* Too large for the room that the loader keeps for objects which are loaded later. */
__thread char lib_filler[1 << 16];

int use_library(int by)
{
    lib_filler[0] = 1;
    return shared_value += by, lib_thread += by, ++kept;
}
