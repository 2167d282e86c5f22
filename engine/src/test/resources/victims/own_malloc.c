/* A program that brings its own allocator, reached through a table, as Chromium's is. Answers lines; with "inside" its only
 * thread sleeps in the allocator from then on, until it gets a signal. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char memory[64 << 20];
static size_t used;
static volatile int sleeping;

__attribute__((noinline)) static void *refill(size_t size)
{
    if (sleeping) {
        sleeping = 0;
        puts("inside");
        pause();
    }
    size_t *block = (size_t *) (memory + used);
    used += (size + 31) & ~(size_t) 15;
    *block = size;
    return block + 2;
}

static void release(void *block)
{
    (void) block;
}

static const struct dispatch {
    void *(*allocate)(size_t size);
    void (*release)(void *block);
} standard = {refill, release};

static const struct dispatch *volatile chain = &standard;

void *malloc(size_t size)
{
    return chain->allocate(size);
}

void free(void *block)
{
    chain->release(block);
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

void *realloc(void *block, size_t size)
{
    void *other = malloc(size);
    if (block != NULL && other != NULL) {
        size_t before = ((size_t *) block)[-2];
        memcpy(other, block, before < size ? before : size);
    }
    return other;
}

void *memalign(size_t alignment, size_t size)
{
    char *block = malloc(size + alignment);
    return (void *) (((size_t) block + alignment - 1) & -alignment);
}

static void wake(int signal)
{
    (void) signal;
}

int main(void)
{
    char line[64];
    signal(SIGUSR1, wake);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "inside", 6) == 0) {
            sleeping = 1;
            free(malloc(100));
            puts("out");
        } else {
            puts("outside");
        }
    }
    return 0;
}
