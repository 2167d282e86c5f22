/* Prepares its memory as its first argument says, and answers lines: a5 asks answer(), b5 that of another namespace. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef OWN
__attribute__((noinline)) int answer(int a)
{
    __asm__ volatile("" : "+r"(a));
    return a + 1000;
}
#else
int answer(int a);
#endif

static int (*other)(int);

static void check(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        exit(1);
    }
}

/* What libbacktrace, V8 and JITs do: a view of the program's own file, or of the library's. */
static void view(const char *path, int protection, off_t from, size_t length)
{
    int file = open(path, O_RDONLY);
    struct stat status;
    check(file >= 0 && fstat(file, &status) == 0, path);
    check(mmap(NULL, length ? length : (size_t) status.st_size, protection, MAP_PRIVATE, file, from) != MAP_FAILED, path);
    close(file);
}

/* What programs do that move their code to large pages: each page of code becomes anonymous memory. */
static int moved(struct dl_phdr_info *info, size_t size, void *library)
{
    (void) size;
    if ((*info->dlpi_name == 0) == (library == NULL) && (library == NULL || strstr(info->dlpi_name, library))) {
        for (int i = 0; i < info->dlpi_phnum; i++) {
            const ElfW(Phdr) *header = &info->dlpi_phdr[i];
            if (header->p_type == PT_LOAD && (header->p_flags & PF_X)) {
                char *start = (char *) ((info->dlpi_addr + header->p_vaddr) & -4096UL);
                size_t length = (info->dlpi_addr + header->p_vaddr + header->p_filesz - (size_t) start + 4095) & -4096UL;
                char *copy = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                check(copy != MAP_FAILED, "mmap");
                memcpy(copy, start, length);
                check(mprotect(copy, length, PROT_READ | PROT_EXEC) == 0, "mprotect");
                check(mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, start) == start, "mremap");
            }
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "plain";
    const char *path = count > 2 ? arguments[2] : "/proc/self/exe";
    if (strcmp(how, "view") == 0) {
        view(path, PROT_READ, 0, 0);
        view(path, PROT_READ, 4096, 64 << 20);
    } else if (strcmp(how, "executable-view") == 0) {
        view(path, PROT_READ | PROT_EXEC, 0, 0);
        view(path, PROT_READ | PROT_EXEC, 4096, 64 << 20);
    } else if (strcmp(how, "moved") == 0) {
        dl_iterate_phdr(moved, count > 2 ? strrchr(path, '/') + 1 : NULL);
    } else if (strcmp(how, "namespaces") == 0) {
        void *library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
        check(library != NULL, "dlmopen");
        other = (int (*)(int)) dlsym(library, "answer");
    }
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%d\n", line[0] == 'b' ? other(atoi(line + 1)) : answer(atoi(line + 1)));
    }
    return 0;
}
