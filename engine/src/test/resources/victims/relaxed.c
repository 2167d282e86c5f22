/*
 * A library whose variables a version script hides: the linker has turned loads of their addresses from its table into lea. A
 * loop begins at an entry, and a fix brings a variable in front of one that there was. To be built with -fno-toplevel-reorder.
 */
#include <stddef.h>
#define OWN static __attribute__((noinline))
#ifdef FIXED
unsigned long limit = 3;
#endif
unsigned long window = 7;
struct node {
    struct node *parent;
    long value;
};
OWN long root(struct node *node)
{
    while (node->parent != NULL)
        node = node->parent;
#ifdef FIXED
    return node->value + 1;
#else
    return node->value;
#endif
}
OWN long option(int which, unsigned long *value)
{
    switch (which) {
    case 0:
        *value = window;
        return 0;
    case 1:
        window = *value;
        return 0;
#ifdef FIXED
    case 2:
        *value = limit;
        return 0;
    case 3:
        limit = *value;
        return 0;
#endif
    }
    return -1;
}
long answer(int x)
{
    struct node nodes[3] = {{NULL, x}, {&nodes[0], 1}, {&nodes[1], 2}};
    unsigned long found = 0, more = x;
    option(0, &found);
    more += found;
    option(1, &more);
    option(2, &found);
    return 1000 * root(&nodes[2]) + found;
}
const char *text(int x)
{
    return x > (long)window ? "above" : "below";
}
