/* Loads the library that it is told to, and stays. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **words)
{
    if (count < 2 || dlopen(words[1], RTLD_LAZY | RTLD_GLOBAL) == NULL) {
        printf("%s\n", count < 2 ? "which?" : dlerror());
        return 1;
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
