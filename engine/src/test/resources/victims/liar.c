/*
 * A process that answers the tool as it likes. The stub's functions are replaced by its own:
 *   liar open FILE   the loader "cannot open" anything, and memfd_create returns a descriptor of FILE (O_PATH)
 *   liar NUMBER      the same with a descriptor of that number
 *   liar short       memfd_create works; write claims to have written one byte
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern int answer(void);

/* As pulpo_state.h draws them. */
struct load {
    const char *path;
    void *handle;
    const void *map;
    const char *error;
};
struct state {
    char before[32];
    void (*load)(struct load *);
    void *unload;
    long (*syscall)(long, long, long, long, long, long);
};

static long (*honest)(long, long, long, long, long, long);
static long told = -1;
static int cut;

static long liar(long number, long a, long b, long c, long d, long e)
{
    if (number == SYS_memfd_create && !cut) {
        return told;
    }
    if (number == SYS_write && cut) {
        return 1;
    }
    return honest(number, a, b, c, d, e);
}

static void load(struct load *request)
{
    request->map = NULL;
    request->handle = NULL;
    request->error = "patch.so: cannot open shared object file: Permission denied";
}

int main(int count, char **words)
{
    struct state *state = dlsym(RTLD_DEFAULT, "pulpo_state");

    if (state == NULL || count < 2) {
        return 1;
    }
    if (strcmp(words[1], "open") == 0) {
        told = open(words[2], O_PATH);
        if (told < 0) {
            return 1;
        }
    } else if (strcmp(words[1], "short") == 0) {
        cut = 1;
    } else {
        told = strtol(words[1], NULL, 0);
    }
    honest = state->syscall;
    state->syscall = liar;
    state->load = load;
    puts("ready");
    fflush(stdout);
    for (char line[80]; fgets(line, sizeof line, stdin) != NULL;) {
        printf("%d\n", answer());
        fflush(stdout);
    }
    return 0;
}
