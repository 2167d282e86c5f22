/* Loads and unloads libraries as it is told, executes itself again, and says of its loader's list what it is told. */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What debuggers find: a program that names _r_debug has a copy of it. */
static struct r_debug *debug(void)
{
    ElfW(Dyn) *entry = _DYNAMIC;

    while (entry->d_tag != DT_DEBUG)
        entry++;
    return (struct r_debug *) entry->d_un.d_ptr;
}

int main(int argc, char **argv)
{
    char line[4096];
    void *handle = NULL;
    (void) argc;

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!strcmp(line, "close")) {
            puts(dlclose(handle) == 0 ? "closed" : "failed");
        } else if (!strcmp(line, "execute")) {
            execv(argv[0], argv);
            puts("failed");
        } else if (!strcmp(line, "adding")) {
            debug()->r_state = RT_ADD;
            puts("adding");
        } else if (!strcmp(line, "consistent")) {
            debug()->r_state = RT_CONSISTENT;
            puts("consistent");
        } else {
            handle = dlopen(line, RTLD_NOW);
            puts(handle ? "loaded" : dlerror());
        }
    }
    return 0;
}
