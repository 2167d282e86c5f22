/* Knows nothing of Pulpo: the same names, and extern for what is private. */
#include "plain.h"

extern int counter;
extern __thread long per_thread;
extern const char *names[];
extern int hidden(int a);

static int *also_counter = &counter;

int answer(struct request *request)
{
    per_thread += 1000;
    *also_counter += request->step;
    return hidden(request->value) + 10000;
}

long thread_value(void)
{
    return per_thread + 5;
}

const char *name_of(int index)
{
    return names[2 - index];
}
