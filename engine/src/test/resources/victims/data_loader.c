/* Loads a library of data, and uses its thread-local variables when it is told to; linked with LINKED, it is there from the
 * start, and the program has a copy of its variable. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef LINKED
extern int shared_value;
#endif
__thread long own_thread = 11;

static void *other(void *given)
{
    own_thread = 12;
    printf("thread %ld\n", (long) syscall(SYS_gettid));
    fflush(stdout);
    pause();
    return given;
}

int main(int count, char **arguments)
{
    char line[80];
    int by, (*use)(int) = 0;
    pthread_t thread;

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!strcmp(line, "load\n")) {
            use = (int (*)(int)) dlsym(dlopen(arguments[count - 1], RTLD_NOW), "use_library");
            puts(use ? "loaded" : dlerror());
        } else if (!strcmp(line, "thread\n")) {
            pthread_create(&thread, 0, other, 0);
            continue;
        } else if (sscanf(line, "use %d", &by) == 1) {
            printf("used %d\n", use(by));
        }
#ifdef LINKED
        else if (!strcmp(line, "shared\n"))
            printf("%d\n", ++shared_value);
#endif
        fflush(stdout);
    }
    return 0;
}
