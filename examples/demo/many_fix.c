/* Replacements that do the same as what they replace, so that only the way to them costs something. */
#include "many.h"

#define DEFINE(n) long r##n(long x) BODY
EACH(DEFINE)

long fast(long x) BODY
