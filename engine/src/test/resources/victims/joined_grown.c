/* A program whose fix adds a member to a struct. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct guest {
    char name[16];
#ifdef FIXED
    unsigned said;
#endif
};
static struct guest *guests[4];
#define OWN __attribute__((noipa))
OWN int seat(const char *line)
{
#ifdef FIXED
    return line[0] >= '0' && line[0] <= '3' ? line[0] - '0' : 3;
#else
    return line[0] - '0';
#endif
}
OWN struct guest *guest_new(const char *name)
{
    struct guest *guest = calloc(1, sizeof *guest);
    strncpy(guest->name, name, sizeof guest->name - 1);
    return guest;
}
OWN const char *guest_says(struct guest *guest)
{
#ifdef FIXED
    static char text[40];
    snprintf(text, sizeof text, "%s %u", guest->name, ++guest->said);
    return text;
#else
    return guest->name;
#endif
}
OWN void guest_free(struct guest *guest)
{
    free(guest);
}
int main(void)
{
    char line[100];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        int at = seat(line);
        if (line[1] == '-' && guests[at] != NULL) {
            guest_free(guests[at]);
            guests[at] = NULL;
        } else if (guests[at] == NULL) {
            guests[at] = guest_new(line + 1);
        }
        printf("%d %s\n", at, guests[at] == NULL ? "nobody" : guest_says(guests[at]));
    }
    return 0;
}
