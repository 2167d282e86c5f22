/*
 * Answers wrongly what a tool has it do: liar KIND [FILE]
 *
 *     descriptor FILE   the descriptor of a new memfd is one of a file of root's
 *     fifo FILE         it is one of a FIFO that nobody reads
 *     numbers           every system call returns -1, then 0, then 2^31, and so on
 *     stall             loading never ends
 *     calls             no borrowed system call ever ends
 *     lie               loading says that it was done, and nothing was loaded
 *     error             loading fails, and the message has no end
 *     exit, exec, fork  what loading does instead
 */
#include "hostile.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static long (*honest)(long, long, long, long, long, long);
static int file;
static uint64_t turn;

static long chosen(long number, long a, long b, long c, long d, long e)
{
    return number == SYS_memfd_create ? file : honest(number, a, b, c, d, e);
}

static long wrong(long number, long a, long b, long c, long d, long e)
{
    static const long answers[] = {-1, 0, 0x80000000L, -4096, 3, 0x7fffffffffffffffL};
    (void)number, (void)a, (void)b, (void)c, (void)d, (void)e;
    return answers[turn++ % (sizeof answers / sizeof *answers)];
}

static long endless(long number, long a, long b, long c, long d, long e)
{
    (void)a, (void)b, (void)c, (void)d, (void)e;
    for (;;) {
        pause();
    }
    return number;
}

static void fails(struct pulpo_load *load)
{
    load->map = NULL;
    load->handle = NULL;
    load->error = "cannot open shared object file";
}

static void stalls(struct pulpo_load *load)
{
    (void)load;
    for (;;) {
        pause();
    }
}

static void lies(struct pulpo_load *load)
{
    load->map = (void *)(uintptr_t)0x7ffffffff000;
    load->handle = (void *)(uintptr_t)16;
    load->error = NULL;
}

static void complains(struct pulpo_load *load)
{
    char *text = mmap(NULL, 1 << 28, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    memset(text, '\033', 1 << 24);
    load->map = NULL;
    load->handle = NULL;
    load->error = text;
}

static void exits(struct pulpo_load *load)
{
    (void)load;
    _exit(0);
}

static void executes(struct pulpo_load *load)
{
    (void)load;
    execl("/bin/sleep", "sleep", "1000", (char *)NULL);
}

static void forks(struct pulpo_load *load)
{
    (void)load;
    if (fork() == 0) {
        for (;;) {
            pause();
        }
    }
    fails(load);
}

int main(int count, char **arguments)
{
    need(count > 1, "KIND");
    const char *kind = arguments[1];
    struct pulpo_state *state = stub();
    honest = state->syscall;
    if (!strcmp(kind, "descriptor") || !strcmp(kind, "fifo")) {
        file = open(arguments[2], O_PATH);
        need(file >= 0, arguments[2]);
        state->syscall = chosen;
        state->load = fails;
    } else if (!strcmp(kind, "numbers")) {
        state->syscall = wrong;
    } else if (!strcmp(kind, "calls")) {
        state->syscall = endless;
    } else {
        state->load = !strcmp(kind, "stall") ? stalls
                      : !strcmp(kind, "lie") ? lies
                      : !strcmp(kind, "error") ? complains
                      : !strcmp(kind, "exit") ? exits
                      : !strcmp(kind, "exec") ? executes
                      : !strcmp(kind, "fork") ? forks
                                              : NULL;
        need(state->load != NULL, "no such kind");
    }
    live();
}
