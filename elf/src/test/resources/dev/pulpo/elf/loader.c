/* Loads the library of its first argument, calls the function of its second with 5 and prints the result. */
#include <dlfcn.h>
#include <stdio.h>

int needed_elsewhere(int x) { return x; }

int main(int count, char **arguments) {
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (!library) {
        printf("dlopen: %s\n", dlerror());
        return 1;
    }
    int (*function)(int) = (int (*)(int))dlsym(library, arguments[2]);
    if (!function) {
        printf("dlsym: %s\n", dlerror());
        return 2;
    }
    printf("%d\n", function(5));
    return 0;
}
