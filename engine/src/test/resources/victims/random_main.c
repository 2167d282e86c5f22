/* Loads the library that it is told to, and calls its function as lines say. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words)
{
    char line[100];
    void *library = count > 1 ? dlopen(words[1], RTLD_NOW) : NULL;
    long (*entry)(long) = library == NULL ? NULL : (long (*)(long))dlsym(library, "entry");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (entry == NULL)
        return 1;
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL)
        printf("%ld\n", entry(atol(line)));
    return 0;
}
