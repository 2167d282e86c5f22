/*
 * Writes nonsense where tools read: state KIND [ARGUMENT...]
 *
 *     field OFFSET VALUE       eight bytes of the stub's state
 *     registry DAMAGE [PID]    see below
 *     ring SIZE WRITTEN [MAP]  the log's size and how much was written; with MAP there is as much memory
 *     loader DAMAGE            the loader's list of objects
 *     churn                    threads that change the registry's address and size all the time
 *     names                    control characters, forged lines and bytes that are no UTF-8 in every name
 */
#include "hostile.h"

#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#define LINE_BREAK_AND_MORE "\033[2J\r\nFORGED: this line is no line of the tool\x9b\x85\xff\xfe\xe2\x80\xae"

static struct pulpo_state *state;

static uint8_t *memory(uint64_t bytes)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    need(start != MAP_FAILED, "mmap");
    return start;
}

/* A writer of records; RecordFormat draws them. */
static uint8_t *at;

static void put32(uint32_t value)
{
    memcpy(at, &value, 4);
    at += 4;
}

static void put64(uint64_t value)
{
    memcpy(at, &value, 8);
    at += 8;
}

static void puttext(const char *text, uint32_t length)
{
    put32(length);
    memcpy(at, text, length);
    at += length;
}

struct shape {
    uint64_t state, sequence, seconds, handle, entry;
    uint32_t members;
    pid_t other;
    const char *text;
    uint32_t text_length, says_length, functions, dependencies;
};

static uint64_t start_time(pid_t pid)
{
    char text[4096];
    snprintf(text, sizeof text, "/proc/%d/stat", pid);
    int file = open(text, O_RDONLY);
    ssize_t length = read(file, text, sizeof text - 1);
    need(length > 0, "stat");
    close(file);
    text[length] = 0;
    char *word = strrchr(text, ')') + 2;
    for (int i = 0; i < 19; i++) {
        word = strchr(word, ' ') + 1;
    }
    return strtoull(word, NULL, 10);
}

static uint64_t pid_namespace(void)
{
    struct stat status;
    need(stat("/proc/self/ns/pid", &status) == 0, "/proc/self/ns/pid");
    return status.st_ino;
}

static void record(const struct shape *shape)
{
    uint8_t *start = at;
    uint64_t started = start_time(getpid());
    uint64_t other_started = shape->other ? start_time(shape->other) : 0;
    put32(0);
    put32(3);
    put64(shape->state);
    put64(shape->sequence);
    put64(shape->seconds);
    put32(0);
    put32(shape->functions);
    memset(at, (int)shape->sequence, 32);
    at += 32;
    put64(shape->handle);
    for (int i = 0; i < 6; i++) {
        put64(0);
    }
    put64(shape->members ? 77 : 0);
    put64(0);
    put64(0);
    put64(shape->members ? pid_namespace() : 0);
    put32(shape->members);
    put32(0);
    for (uint32_t i = 0; i < shape->members; i++) {
        /* The first member is the process itself; then another one, again and again, or ones that there are not. */
        put32(i == 0 ? (uint32_t)getpid() : shape->other ? (uint32_t)shape->other : i + 1000000);
        put32(0);
        put64(i == 0 ? started : shape->other ? other_started : i);
    }
    puttext(shape->text, shape->text_length);
    puttext("libanswer.so", 12);
    puttext("", 0);
    puttext(shape->text, shape->text_length);
    put32(shape->dependencies);
    if (shape->functions) {
        for (int i = 0; i < 4; i++) {
            put64(shape->entry);
        }
        put64(16);
        puttext(shape->text, shape->text_length);
        put32(8);
        put64(0);
        put64(0);
        put32(0);
    }
    while ((at - start) % 8) {
        *at++ = 0;
    }
    uint32_t length = shape->says_length ? shape->says_length : (uint32_t)(at - start);
    memcpy(start, &length, 4);
}

/* @param other a process that a record names, or 0 */
static void registry(const char *damage, pid_t other)
{
    uint64_t most = 1 << 28;
    struct shape shape = {.state = 2, .sequence = 1, .seconds = 1700000000, .handle = 1, .text = "f.so", .text_length = 4};
    uint8_t *start = at = memory(most);
    if (!strcmp(damage, "garbage")) {
        memset(at, 0xa5, 4096);
        at += 4096;
    } else if (!strcmp(damage, "zeros")) {
        at += 1 << 27;
    } else if (!strcmp(damage, "huge")) {
        state->registry_used = state->registry_size = INT32_MAX & ~7;
        return;
    } else if (!strcmp(damage, "negative")) {
        state->registry_used = state->registry_size = (uint64_t)-8;
        return;
    } else if (!strcmp(damage, "many")) {
        shape.text_length = 0;
        while (at - start < (1 << 26)) {
            shape.sequence++;
            record(&shape);
        }
    } else if (!strcmp(damage, "text")) {
        char *text = malloc(16 << 20);
        memset(text, 0xff, 16 << 20);
        shape.text = text;
        shape.text_length = 16 << 20;
        record(&shape);
    } else if (!strcmp(damage, "time")) {
        shape.seconds = INT64_MAX;
        record(&shape);
    } else if (!strcmp(damage, "members")) {
        shape.state = 7;
        shape.members = 500000;
        shape.other = other;
        record(&shape);
    } else if (!strcmp(damage, "strangers")) {
        shape.state = 7;
        shape.members = 50000;
        record(&shape);
    } else if (!strcmp(damage, "length")) {
        shape.says_length = 0xfffffff8;
        record(&shape);
    } else if (!strcmp(damage, "short")) {
        shape.says_length = 8;
        record(&shape);
    } else if (!strcmp(damage, "dependencies")) {
        shape.dependencies = 0x7fffffff;
        record(&shape);
    } else if (!strcmp(damage, "functions")) {
        shape.functions = 0x7fffffff;
        record(&shape);
    } else if (!strcmp(damage, "entry")) {
        shape.state = 1;
        shape.functions = 1;
        shape.entry = (uint64_t)-16;
        record(&shape);
    } else if (!strcmp(damage, "names")) {
        shape.text = LINE_BREAK_AND_MORE;
        shape.text_length = strlen(LINE_BREAK_AND_MORE);
        shape.functions = 1;
        shape.entry = (uint64_t)(uintptr_t)&answer;
        record(&shape);
    } else {
        need(0, "no such damage");
    }
    state->registry = start;
    state->registry_used = state->registry_size = at - start;
}

static void loader(const char *damage)
{
    static struct link_map copies[2];
    struct link_map *first = _r_debug.r_map;
    copies[0] = copies[1] = *first;
    if (!strcmp(damage, "cycle")) {
        struct link_map *last = first;
        while (last->l_next) {
            last = last->l_next;
        }
        copies[0].l_next = &copies[1];
        copies[1].l_next = &copies[0];
        last->l_next = &copies[0];
    } else if (!strcmp(damage, "long")) {
        size_t many = 4 << 20;
        struct link_map *maps = (struct link_map *)memory(many * sizeof *maps);
        for (size_t i = 0; i < many; i++) {
            maps[i].l_name = (char *)(uintptr_t)"/nowhere";
            maps[i].l_next = i + 1 < many ? &maps[i + 1] : NULL;
        }
        first->l_next->l_next = maps;
    } else if (!strcmp(damage, "name")) {
        char *name = (char *)memory(1 << 28);
        memset(name, 'x', 1 << 26);
        copies[0].l_name = name;
        copies[0].l_next = first->l_next->l_next;
        first->l_next->l_next = &copies[0];
    } else if (!strcmp(damage, "nowhere")) {
        first->l_next->l_next = (struct link_map *)(uintptr_t)-64;
    } else {
        need(0, "no such damage");
    }
}

static void *address(void *unused)
{
    for (;;) {
        __atomic_fetch_add((uint64_t *)&state->registry, 16, __ATOMIC_RELAXED);
        __atomic_fetch_xor(&state->registry_used, 4096, __ATOMIC_RELAXED);
    }
    return unused;
}

static void churn(void)
{
    pthread_t thread;
    need(pthread_create(&thread, NULL, address, NULL) == 0, "pthread_create");
}

static void names(void)
{
    registry("names", 0);
    prctl(PR_SET_NAME, "\033[31mx\nFORGED\xff");
    memcpy(state->ring, LINE_BREAK_AND_MORE, strlen(LINE_BREAK_AND_MORE));
    state->ring_written = strlen(LINE_BREAK_AND_MORE);
    int file = open("lib\033[2J\nFORGED\xff.so", O_RDWR | O_CREAT, 0755);
    need(file >= 0 && ftruncate(file, 4096) == 0, "file with an odd name");
    need(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) != MAP_FAILED, "mmap");
}

int main(int count, char **arguments)
{
    need(count > 1, "KIND");
    const char *kind = arguments[1];
    state = stub();
    if (!strcmp(kind, "field")) {
        uint64_t value = strtoull(arguments[3], NULL, 0);
        memcpy((char *)state + atoi(arguments[2]), &value, sizeof value);
    } else if (!strcmp(kind, "registry")) {
        registry(arguments[2], count > 3 ? atoi(arguments[3]) : 0);
    } else if (!strcmp(kind, "ring")) {
        state->ring_size = strtoull(arguments[2], NULL, 0);
        state->ring_written = strtoull(arguments[3], NULL, 0);
        if (count > 4) {
            state->ring = memory(state->ring_size);
        }
    } else if (!strcmp(kind, "loader")) {
        loader(arguments[2]);
    } else if (!strcmp(kind, "churn")) {
        churn();
    } else if (!strcmp(kind, "names")) {
        names();
    } else {
        need(0, "no such kind");
    }
    live();
}
