#include "data.h"

struct hidden { int secret; const char *word; };
static struct hidden one = {42, "hush"};
struct hidden *opaque = &one;
int defined_elsewhere = 77;
static volatile int twice = 2;
static int counted(void) { static int calls = 10; return ++calls; }

int touch_all(void)
{
    return twice + counted() + one.secret;
}
