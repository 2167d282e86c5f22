/* Has workers of io_uring(7), which the kernel runs as threads of the process: they wait for input that never comes. */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) int answer(int a)
{
    __asm__ volatile("" : "+r"(a));
    return a + 1000;
}

int main(void)
{
    static char buffers[2];
    struct io_uring_params params;
    char line[64];
    int pipe_ends[2];
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(&params, 0, sizeof params);
    int ring = (int) syscall(SYS_io_uring_setup, 8, &params);
    if (ring < 0 || pipe(pipe_ends) != 0) {
        puts("unsupported");
        return 0;
    }
    char *submissions = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entries = mmap(NULL, params.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    if (submissions == MAP_FAILED || entries == MAP_FAILED) {
        puts("unsupported");
        return 0;
    }
    for (unsigned i = 0; i < 2; i++) {
        memset(&entries[i], 0, sizeof entries[i]);
        entries[i].opcode = IORING_OP_READ;
        entries[i].fd = pipe_ends[0];
        entries[i].addr = (unsigned long) &buffers[i];
        entries[i].len = 1;
        entries[i].flags = IOSQE_ASYNC;
        ((unsigned *) (submissions + params.sq_off.array))[i] = i;
    }
    *(volatile unsigned *) (submissions + params.sq_off.tail) = 2;
    if (syscall(SYS_io_uring_enter, ring, 2, 0, 0, NULL, 0) != 2) {
        puts("unsupported");
        return 0;
    }
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%d\n", answer(atoi(line + 1)));
    }
    return 0;
}
