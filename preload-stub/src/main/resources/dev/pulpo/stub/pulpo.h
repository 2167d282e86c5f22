/*
 * For the sources of patches: what a patch can say and use beside its functions. docs/callbacks.md is the guide.
 *
 * The original of a function
 * --------------------------
 *
 *     #include "pulpo.h"
 *
 *     PULPO_ORIGINAL(int, handle, (struct request *));       at file scope, once for each function
 *
 *     int handle_traced(struct request *r)
 *     {
 *         trace(r);
 *         return pulpo_original(handle)(r);                  handle as it was before any patch
 *     }
 *
 * The name is the same as for --replace. If it is not an identifier (a function selected by its file, its version or its
 * address), PULPO_ORIGINAL_NAMED takes it as a string. The pointer is filled in before the first call of a replacement; it
 * is null in a patch that no tool has applied.
 */
#ifndef PULPO_H
#define PULPO_H

#include <stddef.h>
#include <stdint.h>

#define PULPO_ORIGINAL(result, function, parameters) \
    PULPO_ORIGINAL_NAMED(result, function, #function, parameters)

/* The tool reads it: a pointer of eight bytes and a name of 120. It is volatile, because only the tool writes it. */
#define PULPO_ORIGINAL_NAMED(result, identifier, string, parameters) \
    static struct { \
        result (*volatile address) parameters; \
        char name[120]; \
    } pulpo_original_##identifier \
        __attribute__((section("pulpo_originals"), used, aligned(8))) = { 0, string }

#define pulpo_original(identifier) (pulpo_original_##identifier.address)

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Callbacks
 * ---------
 *
 * A patch that defines one of these functions has it called:
 *
 *     pulpo_before_apply    it is loaded, and no function leads to it. A result other than 0 refuses the patch, which is
 *                           unloaded then; the tool tells the message, a string in so many bytes.
 *     pulpo_after_apply     all functions lead to it. Again if a revert has begun and does not come about.
 *     pulpo_before_revert   all functions lead to it, and it is to be reverted.
 *     pulpo_after_revert    no function leads to it. After each pulpo_before_apply that did not refuse, even if the patch
 *                           never came into force.
 *
 * Each call is made once, even if the tool is killed: the next one makes those that are due. It is made on a thread of the
 * process that is borrowed for it, on a stack of 48 KiB, with signals blocked, while all other threads run. That thread may
 * be anywhere in the program's own code, and hold any of the program's locks, or one of a stream of stdio: a callback that
 * waits for one may wait for ever. It is in no function of malloc or of the dynamic loader. When the time of the operation is
 * over, the tool does not wait any longer, and the patch does not come into force.
 */
__attribute__((visibility("default"))) int pulpo_before_apply(char *message, size_t size);
__attribute__((visibility("default"))) void pulpo_after_apply(void);
__attribute__((visibility("default"))) void pulpo_before_revert(void);
__attribute__((visibility("default"))) void pulpo_after_revert(void);

/*
 * Shadow variables
 * ----------------
 *
 * A value beside an object of the program: a field that its struct has not. It is found by the object's address and an id,
 * and is the same for all patches of the process.
 *
 *     PULPO_SHADOW(1234);                                    at file scope: this patch uses the id
 *
 *     struct extra *extra = pulpo_shadow_get_or_alloc(object, 1234, sizeof *extra, constructor, data);
 *
 *     pulpo_shadow_get           the value, or null. Takes no lock; any thread, and signal handlers.
 *     pulpo_shadow_get_or_alloc  the value, made of zeros if there was none. The constructor, if not null, is called once,
 *                                before anybody else can find the value; if it does not return 0 there is no value. Null if
 *                                there is no memory, or if 256 other ids have values.
 *     pulpo_shadow_free          frees a value; whether there was one. The destructor may be null.
 *     pulpo_shadow_free_all      frees all values of an id; how many there were.
 *
 * All but pulpo_shadow_get take a lock: not for signal handlers, and not for constructors and destructors, where they do
 * nothing and return null or 0. What frees an object must free its values, and a value must not be used meanwhile. When a
 * patch is unloaded and no other one declares its id, the values of the id are freed, without destructors.
 */
struct pulpo_runtime {
    uint32_t version;
    uint32_t size;
    void *(*get)(const void *object, uint64_t id);
    void *(*get_or_alloc)(const void *object, uint64_t id, size_t size,
                          int (*constructor)(const void *object, void *value, void *data), void *data);
    int (*free)(const void *object, uint64_t id, void (*destructor)(const void *object, void *value));
    uint64_t (*free_all)(uint64_t id, void (*destructor)(const void *object, void *value));
};

/* The tool fills it in before it calls anything. It is in no patch that does not use it. */
static const struct pulpo_runtime *volatile pulpo_runtime_at __attribute__((section("pulpo_runtime"), unused, aligned(8))) = 0;

#define PULPO_SHADOW(id) PULPO_SHADOW_(id, __COUNTER__)
#define PULPO_SHADOW_(id, number) PULPO_SHADOW__(id, number)
#define PULPO_SHADOW__(id, number) \
    static const uint64_t pulpo_shadow_id_##number __attribute__((section("pulpo_shadows"), used, aligned(8))) = (id)

__attribute__((unused)) static inline void *pulpo_shadow_get(const void *object, uint64_t id)
{
    const struct pulpo_runtime *runtime = pulpo_runtime_at;
    return runtime == NULL ? NULL : runtime->get(object, id);
}

__attribute__((unused)) static inline void *pulpo_shadow_get_or_alloc(const void *object, uint64_t id, size_t size,
    int (*constructor)(const void *object, void *value, void *data), void *data)
{
    const struct pulpo_runtime *runtime = pulpo_runtime_at;
    return runtime == NULL ? NULL : runtime->get_or_alloc(object, id, size, constructor, data);
}

__attribute__((unused)) static inline int pulpo_shadow_free(const void *object, uint64_t id,
    void (*destructor)(const void *object, void *value))
{
    const struct pulpo_runtime *runtime = pulpo_runtime_at;
    return runtime == NULL ? 0 : runtime->free(object, id, destructor);
}

__attribute__((unused)) static inline uint64_t pulpo_shadow_free_all(uint64_t id,
    void (*destructor)(const void *object, void *value))
{
    const struct pulpo_runtime *runtime = pulpo_runtime_at;
    return runtime == NULL ? 0 : runtime->free_all(id, destructor);
}

/*
 * States
 * ------
 *
 * What a patch changes for longer than its functions do, with a version:
 *
 *     PULPO_STATE(77, 2);                                    at file scope: this patch leaves the state 77 in version 2
 *
 *     uint32_t before = pulpo_state_get(77);                 the version in the process when the patch was loaded, or 0
 *
 * A patch is refused if one in force declares a higher version of the same state. pulpo_state_get knows the states that the
 * same object declares.
 */
struct pulpo_state_entry {
    uint64_t id;
    uint32_t version;
    volatile uint32_t before; /* the tool writes it */
};

#define PULPO_STATE(id, version) PULPO_STATE_(id, version, __COUNTER__)
#define PULPO_STATE_(id, version, number) PULPO_STATE__(id, version, number)
#define PULPO_STATE__(id, version, number) \
    static struct pulpo_state_entry pulpo_state_##number \
        __attribute__((section("pulpo_states"), used, aligned(8))) = { (id), (version), 0 }

/* The linker defines them, if there are states. */
extern struct pulpo_state_entry pulpo_states_begin[] __asm__("__start_pulpo_states")
    __attribute__((weak, visibility("hidden")));
extern struct pulpo_state_entry pulpo_states_end[] __asm__("__stop_pulpo_states")
    __attribute__((weak, visibility("hidden")));

__attribute__((unused)) static inline uint32_t pulpo_state_get(uint64_t id)
{
    struct pulpo_state_entry *entry;

    for (entry = pulpo_states_begin; entry < pulpo_states_end; entry++) {
        if (entry->id == id) {
            return entry->before;
        }
    }
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
