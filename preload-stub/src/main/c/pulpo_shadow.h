/* Shadow variables: what the stub has of them. What patches call is in pulpo.h. */
#ifndef PULPO_SHADOW_H
#define PULPO_SHADOW_H

#include <stdint.h>

#include "pulpo_state.h"

extern __attribute__((visibility("hidden"))) const struct pulpo_runtime pulpo_shadow_runtime;
extern __attribute__((visibility("hidden"))) struct pulpo_shadow_id pulpo_shadow_ids[PULPO_SHADOW_IDS];

/* Frees all of this id, without destructors. */
__attribute__((visibility("hidden"))) void pulpo_shadow_drop(uint64_t id);

#endif
