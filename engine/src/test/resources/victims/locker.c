/* locker WHAT PID: locks what anybody may lock of a process: its directory in procfs, or a descriptor of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **words)
{
    char path[64];
    int file;

    if (count < 3) {
        return 1;
    }
    snprintf(path, sizeof path, "/proc/%s", words[2]);
    file = strcmp(words[1], "directory") == 0 ? open(path, O_RDONLY | O_DIRECTORY)
                                              : (int)syscall(SYS_pidfd_open, atoi(words[2]), 0);
    if (file < 0 || flock(file, (strcmp(words[1], "shared") == 0 ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        perror(words[1]);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}
