/*
 * libpulpo-thread.so: one word for every thread of a process, in which a tool marks the threads that still run an old
 * version of a function while others run the new one. It is loaded only for patches that need it, because the word takes
 * a part of the space that the C library reserves for the thread-local storage of objects that are loaded later.
 *
 *       0  magic         "PULPOTHR"
 *       8  version       of this layout
 *      12  size          of this struct
 *      16  offset        of the word from the thread pointer; the same in all threads (ELF Handling For Thread-Local
 *                        Storage, 4.3.6: the initial exec model)
 *
 * dev.pulpo.stub.StubLayout says the same in Java.
 */
#include <stddef.h>
#include <stdint.h>

struct pulpo_thread {
    char magic[8];
    uint32_t version;
    uint32_t size;
    int64_t offset;
};

static _Thread_local uint32_t word __attribute__((tls_model("initial-exec"), aligned(8)));

__attribute__((visibility("default"))) struct pulpo_thread pulpo_thread = {
    .magic = "PULPOTHR",
    .version = 1,
    .size = sizeof(struct pulpo_thread),
};

__attribute__((constructor)) static void find_word(void)
{
    uintptr_t thread_pointer;

    __asm__("movq %%fs:0, %0" : "=r"(thread_pointer));
    pulpo_thread.offset = (int64_t)((uintptr_t)&word - thread_pointer);
}

_Static_assert(offsetof(struct pulpo_thread, version) == 8, "StubLayout.THREAD_VERSION");
_Static_assert(offsetof(struct pulpo_thread, size) == 12, "StubLayout.THREAD_SIZE");
_Static_assert(offsetof(struct pulpo_thread, offset) == 16, "StubLayout.THREAD_OFFSET");
_Static_assert(sizeof(struct pulpo_thread) == 24, "StubLayout.THREAD_BYTES");
