/*
 * Shadow variables: values beside the objects of a program, found by the object's address and an id.
 *
 * A table of chains. Each change of a chain is one store of a pointer, so whoever reads sees a whole chain at any instant, and
 * so does the next writer if one ends in the middle of its work.
 *
 *     table[hash] --> entry --> entry --> 0
 *
 * Readers take no lock. An entry that a reader has met may be taken out of its chain meanwhile, and used again in another one.
 * So entries are never unmapped, and the count of removals goes up after an entry has left its chain and before it is written
 * again: a reader that finds the same count before and after its walk has met no such entry. Any other walks once more.
 *
 * Writers exclude each other by a lock that names its owner. A thread that has ended, or that a child made by fork has not, owns
 * nothing: the next writer takes the lock from it. Memory comes from the kernel, not from malloc, which may be what is patched.
 * No function of the C library is called but memset, so there are no cancellation points and errno stays as it is.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "pulpo_shadow.h"

extern long pulpo_syscall(long, long, long, long, long, long);

struct entry {
    struct entry *next; /* in its chain, or of the free ones */
    const void *object;
    uint64_t id;
    uint64_t size;                 /* of the value */
    struct pulpo_shadow_id *count; /* that it is counted in */
    uint64_t size_class;
    _Alignas(16) char value[];
};

enum {
    CHAINS = 4096,
    LEAST_CLASS = 6,  /* 64 bytes, with the entry's own */
    MOST_CLASS = 24,  /* 16 MiB */
    CHUNK = 256 << 10
};

static struct entry *table[CHAINS];
static struct entry *free_entries[MOST_CLASS + 1];
static char *chunk;
static size_t chunk_left;
static uint64_t removals;
struct pulpo_shadow_id pulpo_shadow_ids[PULPO_SHADOW_IDS];

/* The id of the thread that writes, or 0; and how many wait. */
static uint32_t owner;
static uint32_t waiting;

static uint32_t own_tid(void)
{
    return (uint32_t)pulpo_syscall(SYS_gettid, 0, 0, 0, 0, 0);
}

/* Whether the process has no such thread (tgkill(2)). */
static int has_ended(uint32_t tid)
{
    return pulpo_syscall(SYS_tgkill, pulpo_syscall(SYS_getpid, 0, 0, 0, 0, 0), tid, 0, 0, 0) == -3; /* ESRCH */
}

/* Returns 0 where the thread has the lock itself: a signal handler in the midst of a write, or a constructor. */
static int lock(void)
{
    uint32_t own = own_tid();
    struct timespec while_it_lives = {0, 10 * 1000 * 1000};

    for (;;) {
        uint32_t other = 0;

        if (__atomic_compare_exchange_n(&owner, &other, own, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return 1;
        }
        if (other == own) {
            return 0;
        }
        __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
        pulpo_syscall(SYS_futex, (long)&owner, FUTEX_WAIT_PRIVATE, other, (long)&while_it_lives, 0);
        __atomic_sub_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
        if (has_ended(other)
            && __atomic_compare_exchange_n(&owner, &other, own, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return 1;
        }
    }
}

static void unlock(void)
{
    __atomic_store_n(&owner, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST) != 0) {
        pulpo_syscall(SYS_futex, (long)&owner, FUTEX_WAKE_PRIVATE, 1, 0, 0);
    }
}

static struct entry **chain_of(const void *object, uint64_t id)
{
    uint64_t hash = ((uintptr_t)object >> 4 ^ id * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;

    return &table[hash >> 32 & (CHAINS - 1)];
}

static struct entry *find(const void *object, uint64_t id)
{
    struct entry *entry = __atomic_load_n(chain_of(object, id), __ATOMIC_ACQUIRE);

    while (entry != NULL && (__atomic_load_n(&entry->object, __ATOMIC_RELAXED) != object
                             || __atomic_load_n(&entry->id, __ATOMIC_RELAXED) != id)) {
        entry = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
    }
    return entry;
}

static void *get(const void *object, uint64_t id)
{
    for (;;) {
        uint64_t before = __atomic_load_n(&removals, __ATOMIC_ACQUIRE);
        struct entry *entry = find(object, id);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&removals, __ATOMIC_RELAXED) == before) {
            return entry == NULL ? NULL : entry->value;
        }
    }
}

static struct pulpo_shadow_id *count_of(uint64_t id)
{
    struct pulpo_shadow_id *unused = NULL;

    for (size_t i = 0; i < PULPO_SHADOW_IDS; i++) {
        struct pulpo_shadow_id *count = &pulpo_shadow_ids[i];

        if (count->count == 0) {
            unused = unused == NULL ? count : unused;
        } else if (count->id == id) {
            return count;
        }
    }
    return unused;
}

static char *map(size_t size)
{
    long memory = pulpo_syscall(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

    return memory < 0 && memory > -4096 ? NULL : (char *)memory;
}

/* Memory of zeros. */
static struct entry *allocate(uint64_t size)
{
    uint64_t whole = sizeof(struct entry) + size;
    uint64_t size_class = LEAST_CLASS;
    struct entry *entry;

    while (size_class < MOST_CLASS && (1UL << size_class) < whole) {
        size_class++;
    }
    entry = free_entries[size_class];
    if (entry != NULL) {
        free_entries[size_class] = entry->next;
    } else if ((1UL << size_class) >= CHUNK) {
        entry = (struct entry *)map(1UL << size_class);
    } else {
        if (chunk_left < 1UL << size_class) {
            char *fresh = map(CHUNK);

            if (fresh == NULL) {
                return NULL;
            }
            chunk_left = 0;
            chunk = fresh;
            chunk_left = CHUNK;
        }
        chunk_left -= 1UL << size_class;
        entry = (struct entry *)(chunk + chunk_left);
    }
    if (entry != NULL) {
        entry->size_class = size_class;
    }
    return entry;
}

/* Gives an entry back that is in no chain. What it held must not keep a patch loaded, so nothing of it stays. */
static void recycle(struct entry *entry)
{
    memset(entry->value, 0, entry->size);
    __atomic_store_n(&entry->object, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->next, free_entries[entry->size_class], __ATOMIC_RELAXED);
    free_entries[entry->size_class] = entry;
}

static void *make(const void *object, uint64_t id, size_t size, int (*constructor)(const void *, void *, void *),
                  void *data)
{
    struct entry **chain = chain_of(object, id);
    struct pulpo_shadow_id *count = count_of(id);
    struct entry *entry = count == NULL ? NULL : allocate(size);

    if (entry == NULL) {
        return NULL;
    }
    entry->size = size;
    if (constructor != NULL && constructor(object, entry->value, data) != 0) {
        recycle(entry);
        return NULL;
    }
    entry->count = count;
    __atomic_store_n(&entry->id, id, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->object, object, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->next, *chain, __ATOMIC_RELEASE);
    count->id = id;
    count->bytes += size;
    __atomic_store_n(&count->count, count->count + 1, __ATOMIC_RELEASE);
    __atomic_store_n(chain, entry, __ATOMIC_RELEASE);
    return entry->value;
}

static void *get_or_alloc(const void *object, uint64_t id, size_t size,
                          int (*constructor)(const void *, void *, void *), void *data)
{
    void *value = get(object, id);

    if (value != NULL || size > (1UL << MOST_CLASS) - sizeof(struct entry) || !lock()) {
        return value;
    }
    value = get(object, id);
    if (value == NULL) {
        value = make(object, id, size, constructor, data);
    }
    unlock();
    return value;
}

/* Takes the entry that a place of a chain points to out of the chain. */
static void take_out(struct entry **place, void (*destructor)(const void *, void *))
{
    struct entry *entry = *place;

    __atomic_store_n(place, entry->next, __ATOMIC_RELEASE);
    __atomic_add_fetch(&removals, 1, __ATOMIC_SEQ_CST);
    if (destructor != NULL) {
        destructor(entry->object, entry->value);
    }
    entry->count->bytes -= entry->size;
    __atomic_store_n(&entry->count->count, entry->count->count - 1, __ATOMIC_RELEASE);
    recycle(entry);
}

static int free_one(const void *object, uint64_t id, void (*destructor)(const void *, void *))
{
    struct entry **place = chain_of(object, id);

    if (!lock()) {
        return 0;
    }
    while (*place != NULL && ((*place)->object != object || (*place)->id != id)) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        unlock();
        return 0;
    }
    take_out(place, destructor);
    unlock();
    return 1;
}

static uint64_t free_all(uint64_t id, void (*destructor)(const void *, void *))
{
    uint64_t freed = 0;

    if (!lock()) {
        return 0;
    }
    for (size_t i = 0; i < CHAINS; i++) {
        struct entry **place = &table[i];

        while (*place != NULL) {
            if ((*place)->id == id) {
                take_out(place, destructor);
                freed++;
            } else {
                place = &(*place)->next;
            }
        }
    }
    unlock();
    return freed;
}

void pulpo_shadow_drop(uint64_t id)
{
    free_all(id, NULL);
}

const struct pulpo_runtime pulpo_shadow_runtime = {
    .version = 1,
    .size = sizeof(struct pulpo_runtime),
    .get = get,
    .get_or_alloc = get_or_alloc,
    .free = free_one,
    .free_all = free_all,
};
