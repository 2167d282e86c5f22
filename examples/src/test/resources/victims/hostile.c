/*
 * Calls itself crowd-member, carries the stub, and makes reading it hard:
 *   state      the stub's state is of a version that there never was
 *   code FILE  FILE is mapped as a loader does it, segment by segment
 * Ends with its parent.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static int load(const char *path)
{
    Elf64_Ehdr header;
    int file = open(path, O_RDONLY);
    char *base = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || pread(file, &header, sizeof header, 0) != sizeof header)
        return 1;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr part;
        if (pread(file, &part, sizeof part, (off_t) (header.e_phoff + i * sizeof part)) != sizeof part)
            return 1;
        if (part.p_type == PT_LOAD && part.p_filesz > 0) {
            int protection = (part.p_flags & PF_R ? PROT_READ : 0) | (part.p_flags & PF_W ? PROT_WRITE : 0)
                    | (part.p_flags & PF_X ? PROT_EXEC : 0);
            size_t before = part.p_vaddr & 4095;
            if (mmap(base + (part.p_vaddr - before), part.p_filesz + before, protection, MAP_PRIVATE | MAP_FIXED, file,
                     (off_t) (part.p_offset - before)) == MAP_FAILED)
                return 1;
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "crowd-member");
    if (count > 2) {
        if (load(arguments[2]) != 0)
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
