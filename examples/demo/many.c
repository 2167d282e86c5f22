/*
 * A library with a thousand functions, f100 to f1099, that were not built to be replaced, and three
 * that are timed, of which one was built to be replaced.
 */
#include "many.h"

#define DEFINE(n) long f##n(long x) BODY
EACH(DEFINE)

long lib_plain(long x) BODY
long lib_patched(long x) BODY
__attribute__((patchable_function_entry(16, 14))) long lib_prepared(long x) BODY
