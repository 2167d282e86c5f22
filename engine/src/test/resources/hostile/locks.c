/* Holds flock(2), as anybody may, on what belongs to a process of root's: locks PID */
#include "hostile.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>

static void lock(int file, int *held)
{
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) {
        ++*held;
    }
}

int main(int count, char **arguments)
{
    char path[512];
    int held = 0;
    need(count > 1, "PID");
    snprintf(path, sizeof path, "/proc/%s", arguments[1]);
    lock(open(path, O_RDONLY | O_DIRECTORY), &held);
    lock((int)syscall(SYS_pidfd_open, atoi(arguments[1]), 0), &held);
    DIR *directory = opendir(path);
    need(directory != NULL, path);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            snprintf(path, sizeof path, "/proc/%s/%s", arguments[1], entry->d_name);
            lock(open(path, O_RDONLY | O_NONBLOCK), &held);
        }
    }
    need(held > 0, "nothing could be locked");
    live();
}
