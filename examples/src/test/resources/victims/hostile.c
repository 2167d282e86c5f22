/*
 * Calls itself crowd-member, carries the stub, and makes reading it hard:
 *   state      the stub's state is of a version that there never was
 *   code FILE  FILE is mapped as code
 * Ends with its parent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "crowd-member");
    if (count > 2) {
        int file = open(arguments[2], O_RDONLY);
        if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) == MAP_FAILED)
            return 1;
    } else {
        char *state = dlsym(RTLD_DEFAULT, "pulpo_state");
        if (!state)
            return 1;
        /* Behind the magic number of eight bytes. */
        memset(state + 8, 0x41, 4);
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
