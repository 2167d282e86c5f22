/* Keeps an item from one line to the next. */
#include <stdio.h>
struct item *item_new(const char *);
void item_free(struct item *);
int item_ours(struct item *);
int main(void)
{
    char line[100];
    struct item *kept = item_new("first");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        item_free(kept);
        kept = item_new("next");
        printf("%s\n", item_ours(kept) ? "pool" : "heap");
    }
    return 0;
}
