/* Opens the library that it is told, and calls it in its first and in a new thread. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static double (*calculate)(double, double, int, long);

static void *run(void *result)
{
    *(double *)result = calculate(1.5, 2.25, 3, 4);
    return NULL;
}

int main(int argc, char **argv)
{
    char line[100];
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL || (*(void **)&calculate = dlsym(library, "calculate")) == NULL)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        pthread_t thread;
        double first, second;
        run(&first);
        if (pthread_create(&thread, NULL, run, &second) != 0 || pthread_join(thread, NULL) != 0)
            return 1;
        printf("%.3f %.3f\n", first, second);
    }
    return 0;
}
