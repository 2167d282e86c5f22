/*
 * A file that is mapped as code, and then replaced as an update would: replaced FILE KIND [OTHER]
 *
 *     file OTHER    by this file
 *     link OTHER    by a symbolic link to it
 *     fifo          by a FIFO, which blocks who opens it
 *     directory     by a directory
 *     sparse        by 2 TiB of nothing
 *     swapped       by FIFOs, links and files in turn, all the time
 */
#include "hostile.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

static const char *name;
static char made[4096];

/* Gives what was made the name of the file, in one step. */
static void put(const char *file)
{
    need(rename(file, name) == 0, "rename");
}

static void fifo(void)
{
    need(mkfifo(made, 0666) == 0, "mkfifo");
    put(made);
}

static void linked(const char *to)
{
    need(symlink(to, made) == 0, "symlink");
    put(made);
}

static void sized(off_t size)
{
    int file = open(made, O_RDWR | O_CREAT | O_EXCL, 0666);
    need(file >= 0 && ftruncate(file, size) == 0, "ftruncate");
    close(file);
    put(made);
}

int main(int count, char **arguments)
{
    need(count > 2, "FILE KIND");
    name = arguments[1];
    snprintf(made, sizeof made, "%s.made", name);
    const char *kind = arguments[2];
    int file = open(name, O_RDONLY);
    need(file >= 0 && mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED, name);
    if (!strcmp(kind, "file")) {
        put(arguments[3]);
    } else if (!strcmp(kind, "link")) {
        linked(arguments[3]);
    } else if (!strcmp(kind, "fifo")) {
        fifo();
    } else if (!strcmp(kind, "directory")) {
        need(unlink(name) == 0 && mkdir(name, 0777) == 0, "mkdir");
    } else if (!strcmp(kind, "sparse")) {
        sized((off_t)2 << 40);
    } else {
        answer();
        puts("ready");
        fflush(stdout);
        for (;;) {
            fifo();
            linked("/etc/shadow");
            sized(PAGE);
        }
    }
    live();
}
