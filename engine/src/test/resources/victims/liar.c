/*
 * A process that answers the tool as it likes. Jumps to its own functions stand where those of the stub begin:
 *   liar open FILE   the loader "cannot open" anything, and memfd_create returns a descriptor of FILE (O_PATH)
 *   liar NUMBER      the same with a descriptor of that number
 *   liar short       memfd_create works; write claims to have written one byte
 *   liar stall       loading never returns
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static long told = -1;
static int cut;
static int stalls;

static long liar(long number, long a, long b, long c, long d, long e)
{
    if (number == SYS_memfd_create && !cut) {
        return told;
    }
    if (number == SYS_write && cut) {
        return 1;
    }
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

static void load(struct load *request)
{
    while (stalls) {
        pause();
    }
    request->map = NULL;
    request->handle = NULL;
    request->error = "patch.so: cannot open shared object file: Permission denied";
}

/* movabs $to, %rax; jmp *%rax */
static void lead(void *from, void *to)
{
    unsigned char jump[12] = {0x48, 0xb8, [10] = 0xff, 0xe0};
    uintptr_t page = (uintptr_t)from & ~4095UL;

    memcpy(jump + 2, &to, sizeof to);
    if (mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        exit(1);
    }
    memcpy(from, jump, sizeof jump);
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
    } else if (strcmp(words[1], "stall") == 0) {
        stalls = 1;
    } else {
        told = strtol(words[1], NULL, 0);
    }
    lead((void *)state->syscall, (void *)liar);
    lead((void *)state->load, (void *)load);
    puts("ready");
    fflush(stdout);
    for (char line[80]; fgets(line, sizeof line, stdin) != NULL;) {
        printf("%d\n", answer());
        fflush(stdout);
    }
    return 0;
}
