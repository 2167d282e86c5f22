/* Loads a library, and answers lines: a5 asks it, c closes it and opens it again. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *library;
static int (*answer)(int);

static void load(const char *path)
{
    library = dlopen(path, RTLD_NOW);
    if (library == NULL) {
        puts(dlerror());
        exit(1);
    }
    answer = (int (*)(int)) dlsym(library, "answer");
}

int main(int count, char **arguments)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    load(arguments[count - 1]);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (line[0] == 'c') {
            dlclose(library);
            load(arguments[count - 1]);
        }
        printf("%d\n", answer(atoi(line + 1)));
    }
    return 0;
}
