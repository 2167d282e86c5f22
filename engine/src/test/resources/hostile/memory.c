/*
 * Mappings of every kind: memory KIND [FILE]
 *
 *     names      32,000 mappings of a file whose path is as long as it gets
 *     code FILE  a file mapped as code
 *     shrinking FILE   the same, cut and made whole again all the time
 *     repeated FILE    the same, 20,000 times
 */
#include "hostile.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MAPPINGS = 32000, REPEATED = 20000, PAGE = 4096, DEPTH = 14 };

/* Every second page of a region, so that the kernel does not join them. */
static void repeat(int file, int times, int protection)
{
    char *region = mmap(NULL, (size_t)times * 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    need(region != MAP_FAILED, "mmap");
    for (int i = 0; i < times; i++) {
        if (mmap(region + (size_t)i * 2 * PAGE, PAGE, protection, MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED) {
            return;
        }
    }
}

static void names(void)
{
    char name[240];
    char start[PAGE];
    memset(name, '\n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    need(getcwd(start, sizeof start) != NULL, "getcwd");
    for (int i = 0; i < DEPTH; i++) {
        mkdir(name, 0777);
        need(chdir(name) == 0, "chdir");
    }
    int file = open("f", O_RDWR | O_CREAT, 0666);
    need(file >= 0 && ftruncate(file, PAGE) == 0, "f");
    repeat(file, MAPPINGS, PROT_READ);
    need(chdir(start) == 0, "chdir");
}

static void shrink(int file)
{
    struct stat status;
    need(fstat(file, &status) == 0, "fstat");
    char *content = malloc(status.st_size);
    need(pread(file, content, status.st_size, 0) == status.st_size, "pread");
    answer();
    puts("ready");
    fflush(stdout);
    for (;;) {
        need(ftruncate(file, 0) == 0, "ftruncate");
        usleep(50);
        need(pwrite(file, content, status.st_size, 0) == status.st_size, "pwrite");
        usleep(50);
    }
}

int main(int count, char **arguments)
{
    need(count > 1, "KIND");
    if (!strcmp(arguments[1], "names")) {
        names();
        live();
    }
    int file = open(arguments[2], !strcmp(arguments[1], "shrinking") ? O_RDWR : O_RDONLY);
    need(file >= 0, arguments[2]);
    if (!strcmp(arguments[1], "repeated")) {
        repeat(file, REPEATED, PROT_READ | PROT_EXEC);
    } else {
        need(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED, "mmap");
    }
    if (!strcmp(arguments[1], "shrinking")) {
        shrink(file);
    }
    live();
}
