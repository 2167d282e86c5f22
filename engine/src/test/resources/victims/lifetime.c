/* Both functions change and no type does: who owns the name of an item. What the old one has made the fixed one must not free. */
#include <stdlib.h>
#include <string.h>
struct item {
    char *name;
};
static char pool[1 << 12];
static size_t used;
struct item *item_new(const char *name)
{
    struct item *made = malloc(sizeof *made);
#ifdef FIXED
    made->name = strdup(name);
#else
    if (used + 16 > sizeof pool)
        used = 0;
    made->name = strncpy(pool + used, name, 15);
    used += 16;
#endif
    return made;
}
void item_free(struct item *item)
{
#ifdef FIXED
    free(item->name);
#endif
    free(item);
}
int item_ours(struct item *item)
{
    return item->name >= pool && item->name < pool + sizeof pool;
}
