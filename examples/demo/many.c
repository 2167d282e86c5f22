/* A library with a thousand functions, f100 to f1099, that were not built to be replaced, and two that are timed. */
#include "many.h"

#define DEFINE(n) long f##n(long x) BODY
EACH(DEFINE)

long lib_plain(long x) BODY
long lib_patched(long x) BODY
