/* A patch for seats.c. */
#define NAME(f) fixed_##f
#include "seats.c"
