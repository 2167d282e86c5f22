/* host LIBRARY...: loads libraries, says so, and ends when its input does. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (dlopen(argv[i], RTLD_NOW) == NULL) {
            fprintf(stderr, "host: %s\n", dlerror());
            return 1;
        }
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
