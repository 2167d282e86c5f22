/*
 * For the sources of patches: how a replacement calls what it replaces.
 *
 *     #include "pulpo.h"
 *
 *     PULPO_ORIGINAL(int, handle, (struct request *));       at file scope, once for each function
 *
 *     int handle_traced(struct request *r)
 *     {
 *         trace(r);
 *         return pulpo_original(handle)(r);                  what handle was before any patch
 *     }
 *
 * The name is the one that is given to --replace. Where that is no identifier (a function that is picked by its file, its
 * version or its address), PULPO_ORIGINAL_NAMED takes it as a string. The pointer is filled in before the first call of a
 * replacement; it is null in a patch that no tool has applied.
 */
#ifndef PULPO_H
#define PULPO_H

#define PULPO_ORIGINAL(result, function, parameters) \
    PULPO_ORIGINAL_NAMED(result, function, #function, parameters)

/* Read by the tool: a pointer of eight bytes and a name of 120. volatile, because only the tool ever writes it. */
#define PULPO_ORIGINAL_NAMED(result, identifier, string, parameters) \
    static struct { \
        result (*volatile address) parameters; \
        char name[120]; \
    } pulpo_original_##identifier \
        __attribute__((section("pulpo_originals"), used, aligned(8))) = { 0, string }

#define pulpo_original(identifier) (pulpo_original_##identifier.address)

#endif
