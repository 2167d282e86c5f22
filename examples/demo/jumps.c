/*
 * What the jumps of a detour cost by themselves: the same loop calls a function, and by way of such jumps as detours are
 * made of, laid down by hand. It prints, for each way, the nanoseconds of one call that it takes more than no jump at all,
 * the least and the median.
 *
 *     entry                      then                      then
 *     jmp rel32                                                            a patch in reach
 *     jmp *slot                                                            one far away
 *     jmp rel8                   jmp rel32                                 a prepared function, a patch in reach
 *     jmp rel8                   jmp *0(%rip)                              one far away
 *     jmp rel8                   jmp *slot                                 the address away from the code
 *     jmp rel8                   jmp rel32                 jmp *slot       by way of a trampoline
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { CALLS = 100000, TIMES = 301, EACH = 256, ENTRY = 64, PADDING = 14 };
enum { PLAIN, NEAR, SLOT, PREPARED_NEAR, PREPARED_FAR, PREPARED_SLOT, PREPARED_TRAMPOLINE, WAYS };

static const char *const names[WAYS] = {
    "no jump", "jmp rel32", "jmp *slot", "jmp rel8, jmp rel32", "jmp rel8, jmp *0(%rip)", "jmp rel8, jmp *slot",
    "jmp rel8, jmp rel32, jmp *slot",
};

static unsigned char *pages(void *at)
{
    unsigned char *page = mmap(at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return page;
}

static unsigned char *body(unsigned char *at)
{
    return memcpy(at, "\x8d\x47\x01\xc3", 4); /* lea 1(%rdi), %eax; ret */
}

static void jump(unsigned char *from, const unsigned char *to)
{
    int32_t distance = (int32_t)(to - (from + 5));

    *from = 0xe9;
    memcpy(from + 1, &distance, sizeof distance);
}

static void jump_through(unsigned char *from, unsigned char *slot, unsigned char *to)
{
    int32_t distance = (int32_t)(slot - (from + 6));

    memcpy(from, "\xff\x25", 2);
    memcpy(from + 2, &distance, sizeof distance);
    memcpy(slot, &to, sizeof to);
}

static double once(int (*function)(int))
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < CALLS; i++) {
        function(i);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / CALLS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void lay(int way, unsigned char *entry, unsigned char *slot, unsigned char *trampoline, unsigned char *near,
                unsigned char *far)
{
    unsigned char *padding = entry - PADDING;

    if (way >= PREPARED_NEAR) {
        memcpy(entry, "\xeb\xf0", 2);
    }
    switch (way) {
    case PLAIN: body(entry); break;
    case NEAR: jump(entry, near); break;
    case SLOT: jump_through(entry, slot, far); break;
    case PREPARED_NEAR: jump(padding, near); break;
    case PREPARED_FAR: jump_through(padding, padding + 6, far); break;
    case PREPARED_SLOT: jump_through(padding, slot, far); break;
    default: jump(padding, trampoline); jump_through(trampoline, slot, far);
    }
}

int main(void)
{
    static double times[WAYS][TIMES];
    unsigned char *code = pages(NULL), *trampolines = pages(code + 0x100000), *slots = pages(code + 0x200000);
    unsigned char *near = body(pages(code + 0x300000) + ENTRY), *far = body(pages((void *)0x10000000) + ENTRY);

    for (int way = 0; way < WAYS; way++) {
        lay(way, code + way * EACH + ENTRY, slots + way * EACH, trampolines + way * EACH, near, far);
    }
    /* In turns, so that whatever else the machine does meets all. */
    for (int i = 0; i < TIMES; i++) {
        for (int way = 0; way < WAYS; way++) {
            times[way][i] = once((int (*)(int))(uintptr_t)(code + way * EACH + ENTRY));
        }
    }
    for (int way = 0; way < WAYS; way++) {
        qsort(times[way], TIMES, sizeof times[way][0], compare);
    }
    for (int way = 1; way < WAYS; way++) {
        printf("%-34s %+.3f (%+.3f)\n", names[way], times[way][0] - times[0][0],
               times[way][TIMES / 2] - times[0][TIMES / 2]);
    }
    return 0;
}
