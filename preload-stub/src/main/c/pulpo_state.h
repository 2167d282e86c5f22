/*
 * The interface between the stub and the tools. Tools read and write the one exported symbol, pulpo_state, from outside;
 * the stub itself only fills in addresses. All numbers are little-endian, all addresses are those of the process.
 * dev.pulpo.stub.StubLayout says the same in Java.
 *
 *       0  magic         "PULPOSTB"
 *       8  version       of this layout
 *      12  size          of this struct
 *      16  call          entry of a borrowed thread; see pulpo_call.S
 *      24  announced     where a borrowed thread announces that it is done
 *      32  load          void (*)(struct pulpo_load *)
 *      40  unload        void (*)(struct pulpo_load *)
 *      48  syscall       long (*)(long number, long a, long b, long c, long d, long e)
 *      56  stack         lowest address of the stack of borrowed threads
 *      64  stack_size
 *      72  registry      patches; written by tools
 *      80  registry_size
 *      88  registry_used
 *      96  ring          messages, the oldest overwritten by the newest; written by tools and by the stub
 *     104  ring_size
 *     112  ring_written  how many bytes were ever written; modulo ring_size it is the position of the next one
 *     120  result        of the last borrowed call
 *     128  flags         PULPO_DISABLED
 *     136  borrower      thread id, as the process sees it, of the thread that was last put onto the stack; 0 after it
 *                        was given back
 *     144  tls_module    uint64_t (*)(uintptr_t bias): the module id of an object's thread-local storage, or 0
 *     152  tls_descriptor  the function of a TLS descriptor; see pulpo_tls.S
 *     160  resolve       uintptr_t (*)(uintptr_t bias, uintptr_t resolver): the choice of the resolver of an indirect
 *                        function of the object; 0 if the object is not loaded any more
 *     168  callback      void (*)(struct pulpo_callback *): calls a callback of a patch
 *     176  drop          void (*)(uint64_t id): frees all shadow variables of this id
 *     184  runtime       struct pulpo_runtime: what patches call; see pulpo.h
 *     192  shadow_ids    struct pulpo_shadow_id [PULPO_SHADOW_IDS]: how many shadow variables there are of each id
 */
#ifndef PULPO_STATE_H
#define PULPO_STATE_H

#include <stdint.h>

#define PULPO_VERSION 5

/* The owner of the process does not want it to be patched. */
#define PULPO_DISABLED 1

struct pulpo_load;
struct pulpo_callback;
struct pulpo_runtime;
struct pulpo_shadow_id;

struct pulpo_state {
    char magic[8];
    uint32_t version;
    uint32_t size;
    void (*call)(void);
    const void *announced;
    void (*load)(struct pulpo_load *);
    void (*unload)(struct pulpo_load *);
    long (*syscall)(long, long, long, long, long, long);
    void *stack;
    uint64_t stack_size;
    void *registry;
    uint64_t registry_size;
    uint64_t registry_used;
    void *ring;
    uint64_t ring_size;
    uint64_t ring_written;
    uint64_t result;
    uint64_t flags;
    uint64_t borrower;
    uint64_t (*tls_module)(uintptr_t);
    void (*tls_descriptor)(void);
    uintptr_t (*resolve)(uintptr_t, uintptr_t);
    void (*callback)(struct pulpo_callback *);
    void (*drop)(uint64_t);
    const struct pulpo_runtime *runtime;
    const struct pulpo_shadow_id *shadow_ids;
};

/* A request to load or to unload, in memory that the tool chooses. */
struct pulpo_load {
    const char *path;  /*  0  in: what to load */
    void *handle;      /*  8  out of load, in of unload */
    const void *map;   /* 16  out: struct link_map, null where loading failed */
    const char *error; /* 24  out: what dlerror(3) said, else null; valid until the next call */
};

/* How far each callback of a patch is: four bits, the first callback's the lowest. */
#define PULPO_BEGUN 1
#define PULPO_ENDED 2
#define PULPO_REFUSED 4

/*
 * A request to call a callback of a patch, in memory that the tool chooses. What has become of it is written to the patch's
 * record by the thread itself, so the next tool knows it even if this one is killed meanwhile.
 */
struct pulpo_callback {
    void (*function)(void); /*  0  in */
    uint64_t *progress;     /*  8  in: of the patch's record */
    uint64_t shift;         /* 16  in: position of the callback's bits there */
    uint64_t may_refuse;    /* 24  in: whether it is an int (*)(char *message, size_t size) */
    int64_t result;         /* 32  out: of a callback that may refuse */
    char message[256];      /* 40  out: its message, NUL-terminated */
};

/* The limit of different ids that have shadow variables at one time. */
#define PULPO_SHADOW_IDS 256

/* A count of shadow variables. An entry with a count of 0 may be given to another id. */
struct pulpo_shadow_id {
    uint64_t id;
    uint64_t count;
    uint64_t bytes; /* of the values */
};

#endif
