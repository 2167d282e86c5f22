/* Shadow variables: what the stub has of them. What patches call is in pulpo.h. */
#ifndef PULPO_SHADOW_H
#define PULPO_SHADOW_H

#include <stddef.h>
#include <stdint.h>

#include "pulpo_state.h"

/* What patches call; pulpo.h says the same. */
struct pulpo_runtime {
    uint32_t version;
    uint32_t size;
    void *(*get)(const void *object, uint64_t id);
    void *(*get_or_alloc)(const void *object, uint64_t id, size_t size,
                          int (*constructor)(const void *object, void *value, void *data), void *data);
    int (*free)(const void *object, uint64_t id, void (*destructor)(const void *object, void *value));
    uint64_t (*free_all)(uint64_t id, void (*destructor)(const void *object, void *value));
};

extern __attribute__((visibility("hidden"))) const struct pulpo_runtime pulpo_shadow_runtime;
extern __attribute__((visibility("hidden"))) struct pulpo_shadow_id pulpo_shadow_ids[PULPO_SHADOW_IDS];

/* Frees all of this id, without destructors. */
__attribute__((visibility("hidden"))) void pulpo_shadow_drop(uint64_t id);

#endif
