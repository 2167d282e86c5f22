/* odd_names DIRECTORY: carries the stub, and names that would do harm on a terminal, in a log, or to who expects UTF-8. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* As in pulpo_state.h. */
struct state {
    char magic[8];
    uint32_t version, size;
    void *calls[5], *stack;
    uint64_t stack_size;
    unsigned char *registry;
    uint64_t registry_size, registry_used;
    char *ring;
    uint64_t ring_size, ring_written;
};

static unsigned char *at;

static void number(uint64_t value, int bytes)
{
    memcpy(at, &value, bytes);
    at += bytes;
}

static void text(const char *text)
{
    number(strlen(text), 4);
    memcpy(at, text, strlen(text));
    at += strlen(text);
}

/* As RecordFormat has it: an active patch of one function. */
static void record(struct state *state, uint64_t entry)
{
    unsigned char *start = at = state->registry;

    number(0, 4), number(3, 4), number(2, 8), number(1, 8), number(1700000000, 8), number(0, 4), number(1, 4);
    memset(at, 7, 32), at += 32;
    number(1, 8), number(0, 8), number(0, 8), number(0, 8), number(0, 8), number(0, 8), number(0, 8);
    number(0, 8), number(0, 8), number(0, 8), number(0, 8), number(0, 4), number(0, 4);
    text("/tmp/\033[2Jfix\r\nprocess 1 (init): no patches\n\xe9.so"), text("lib\033[7m.so"), text("");
    text("\033[5mcomment\n  fake line"), number(0, 4);
    number(entry, 8), number(entry, 8), number(entry, 8), number(0, 8), number(16, 8), text("f\033[1A\033[2Kn");
    number(8, 4), number(0, 8), number(0, 8), number(0, 4);
    while ((at - start) % 8 != 0) {
        *at++ = 0;
    }
    uint32_t length = at - start;
    memcpy(start, &length, 4);
    state->registry_used = length;
}

/* A copy of this program, mapped as a library is. */
static void map(const char *directory)
{
    char path[512], bytes[65536];
    ssize_t got;
    int from = open("/proc/self/exe", O_RDONLY);

    snprintf(path, sizeof path, "%s/lib\033[31m\nprocess 1 (init): can be patched\n\xe2\x80\xae\xe9.so", directory);
    int to = open(path, O_RDWR | O_CREAT | O_TRUNC, 0700);
    while ((got = read(from, bytes, sizeof bytes)) > 0) {
        if (write(to, bytes, got) != got) {
            _exit(1);
        }
    }
    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, to, 0);
}

int main(int count, char **arguments)
{
    static const char message[] = "2026 \033[2Jmessage\rspoof\xc2\x9b" "31m\xe2\x80\xae\xff\n";
    struct state *state = dlsym(RTLD_DEFAULT, "pulpo_state");

    if (count != 2 || state == NULL) {
        return 1;
    }
    record(state, (uintptr_t)&main);
    memcpy(state->ring, message, sizeof message - 1);
    state->ring_written = sizeof message - 1;
    map(arguments[1]);
    prctl(PR_SET_NAME, "\033[31mx\n\xe9\xe2\x80\xae");
    puts("ready");
    fflush(stdout);
    for (;;) {
        pause();
    }
}
