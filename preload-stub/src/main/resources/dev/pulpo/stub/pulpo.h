/*
 * For the sources of patches: lets a replacement call the original.
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

#endif
