/*
 * libpulpo.so: the part of Pulpo inside a process. It interposes nothing, starts nothing and allocates nothing; it does
 * not affect the process until a tool borrows one of its threads.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "pulpo_cancel.h"
#include "pulpo_loader.h"
#include "pulpo_shadow.h"
#include "pulpo_state.h"

extern void pulpo_call(void);
extern const char pulpo_announced[];
extern void pulpo_tls_descriptor(void);
extern long pulpo_syscall(long, long, long, long, long, long);

/* Zero pages until they are used, so they cost only address space. */
static _Alignas(64) char stack[96 * 1024];
static _Alignas(64) char registry[48 * 1024];
static _Alignas(64) char ring[16 * 1024];

/* The loader's last error, for the tool. */
static char loader_error[4096];

/*
 * The state of the code that the thread was taken from. Loading and unloading may run constructors and destructors of
 * patches, which may contain cancellation points.
 */
struct kept {
    int error_number;
    struct pulpo_cancel cancel;
    char dl_error[1024];
};

static void copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);

    memcpy(to, from, length);
    to[length] = '\0';
}

static void keep(struct kept *kept)
{
    const char *pending;

    kept->error_number = errno;
    pending = dlerror == NULL ? NULL : dlerror();
    copy(kept->dl_error, sizeof kept->dl_error, pending == NULL ? "" : pending);
    pulpo_hold_cancel(&kept->cancel);
}

/*
 * The loader has dropped its message for the thread, and cannot be given it again. A failed search for a symbol of that
 * name leaves an error that ends with it.
 */
static void give_back(const struct kept *kept)
{
    if (kept->dl_error[0] != '\0') {
        dlsym(RTLD_DEFAULT, kept->dl_error);
    }
    pulpo_give_cancel_back(&kept->cancel);
    errno = kept->error_number;
}

static const char *last_error(void)
{
    const char *said = dlerror();

    copy(loader_error, sizeof loader_error, said == NULL ? "(no message)" : said);
    return loader_error;
}

static void load(struct pulpo_load *request)
{
    struct kept kept;
    struct link_map *map = NULL;

    keep(&kept);
    request->error = NULL;
    request->handle = dlopen(request->path, RTLD_NOW | RTLD_LOCAL);
    if (request->handle == NULL || dlinfo(request->handle, RTLD_DI_LINKMAP, &map) != 0) {
        request->error = last_error();
    }
    request->map = map;
    give_back(&kept);
}

static void unload(struct pulpo_load *request)
{
    struct kept kept;

    keep(&kept);
    request->error = dlclose(request->handle) == 0 ? NULL : last_error();
    give_back(&kept);
}

/*
 * Calls a callback, unless that was done before. A tool may have died after it had sent the thread here; then the thread does
 * this alone, and the next tool finds the progress in the record.
 */
static void callback(struct pulpo_callback *request)
{
    struct kept kept;
    uint64_t *progress = request->progress;
    uint64_t shift = request->shift;
    uint64_t became = PULPO_ENDED;

    if ((__atomic_load_n(progress, __ATOMIC_ACQUIRE) & (uint64_t)PULPO_BEGUN << shift) != 0) {
        return;
    }
    keep(&kept);
    __atomic_or_fetch(progress, (uint64_t)PULPO_BEGUN << shift, __ATOMIC_SEQ_CST);
    if (request->may_refuse != 0) {
        request->result = ((int (*)(char *, size_t))request->function)(request->message, sizeof request->message);
        became |= request->result == 0 ? 0 : PULPO_REFUSED;
    } else {
        request->function();
    }
    __atomic_or_fetch(progress, became << shift, __ATOMIC_SEQ_CST);
    give_back(&kept);
}

struct wanted {
    uintptr_t bias;
    uint64_t module;
};

static int is_wanted(struct dl_phdr_info *info, size_t size, void *data)
{
    struct wanted *wanted = data;

    if (info->dlpi_addr != wanted->bias
        || size < offsetof(struct dl_phdr_info, dlpi_tls_modid) + sizeof info->dlpi_tls_modid) {
        return 0;
    }
    wanted->module = info->dlpi_tls_modid;
    return wanted->module != 0; /* the vdso of a program at its link address has the bias 0 as well */
}

/* Whether pulpo_tls_descriptor can use xsave. It is set before any descriptor is used, because a module id is requested
 * first. */
__attribute__((visibility("hidden"))) int pulpo_has_xsave;

static uint64_t tls_module(uintptr_t bias)
{
    struct wanted wanted = {bias, 0};
    unsigned int a, b, c = 0, d;

    /* SDM volume 1, section 13.2: the operating system has enabled it. */
    pulpo_has_xsave = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) != 0;
    dl_iterate_phdr(is_wanted, &wanted);
    return wanted.module;
}

struct holder {
    uintptr_t bias;
    uintptr_t address;
    char name[4096]; /* PATH_MAX */
};

/* The name of the object that contains the address. The list of objects does not change meanwhile. */
static int is_holder(struct dl_phdr_info *info, size_t size, void *data)
{
    struct holder *holder = data;

    (void)size;
    for (size_t i = 0; info->dlpi_addr == holder->bias && i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD
            && holder->address - holder->bias - info->dlpi_phdr[i].p_vaddr < info->dlpi_phdr[i].p_memsz) {
            copy(holder->name, sizeof holder->name, info->dlpi_name);
            return 1;
        }
    }
    return 0;
}

/*
 * An object that another thread is loading is not ready to be called, and one that another thread is closing must not
 * vanish. Opening it once more waits for the load and prevents the unload.
 */
static uintptr_t resolve(uintptr_t bias, uintptr_t resolver)
{
    struct holder holder;
    struct kept kept;
    struct link_map *map = NULL;
    uintptr_t chosen = 0;
    void *object;

    keep(&kept);
    holder.bias = bias;
    holder.address = resolver;
    if (dl_iterate_phdr(is_holder, &holder) != 0) {
        object = dlopen(holder.name[0] == '\0' ? NULL : holder.name, RTLD_LAZY | RTLD_NOLOAD);
        if (object != NULL && dlinfo(object, RTLD_DI_LINKMAP, &map) == 0 && map->l_addr == bias) {
            chosen = ((uintptr_t (*)(void))resolver)();
        }
        if (object != NULL) {
            dlclose(object);
        }
    }
    give_back(&kept);
    return chosen;
}

__attribute__((visibility("default")))
struct pulpo_state pulpo_state = {
    .magic = "PULPOSTB",
    .version = PULPO_VERSION,
    .size = sizeof(struct pulpo_state),
    .call = pulpo_call,
    .announced = pulpo_announced,
    .load = load,
    .unload = unload,
    .syscall = pulpo_syscall,
    .stack = stack,
    .stack_size = sizeof stack,
    .registry = registry,
    .registry_size = sizeof registry,
    .ring = ring,
    .ring_size = sizeof ring,
    .tls_module = tls_module,
    .tls_descriptor = pulpo_tls_descriptor,
    .resolve = resolve,
    .callback = callback,
    .drop = pulpo_shadow_drop,
    .runtime = &pulpo_shadow_runtime,
    .shadow_ids = pulpo_shadow_ids,
};

_Static_assert(offsetof(struct pulpo_state, version) == 8, "StubLayout.VERSION");
_Static_assert(offsetof(struct pulpo_state, size) == 12, "StubLayout.SIZE");
_Static_assert(offsetof(struct pulpo_state, call) == 16, "StubLayout.CALL");
_Static_assert(offsetof(struct pulpo_state, announced) == 24, "StubLayout.ANNOUNCED");
_Static_assert(offsetof(struct pulpo_state, load) == 32, "StubLayout.LOAD");
_Static_assert(offsetof(struct pulpo_state, unload) == 40, "StubLayout.UNLOAD");
_Static_assert(offsetof(struct pulpo_state, syscall) == 48, "StubLayout.SYSCALL");
_Static_assert(offsetof(struct pulpo_state, stack) == 56, "StubLayout.STACK");
_Static_assert(offsetof(struct pulpo_state, stack_size) == 64, "StubLayout.STACK_SIZE");
_Static_assert(offsetof(struct pulpo_state, registry) == 72, "StubLayout.REGISTRY");
_Static_assert(offsetof(struct pulpo_state, registry_size) == 80, "StubLayout.REGISTRY_SIZE");
_Static_assert(offsetof(struct pulpo_state, registry_used) == 88, "StubLayout.REGISTRY_USED");
_Static_assert(offsetof(struct pulpo_state, ring) == 96, "StubLayout.RING");
_Static_assert(offsetof(struct pulpo_state, ring_size) == 104, "StubLayout.RING_SIZE");
_Static_assert(offsetof(struct pulpo_state, ring_written) == 112, "StubLayout.RING_WRITTEN");
_Static_assert(offsetof(struct pulpo_state, result) == 120, "StubLayout.RESULT");
_Static_assert(offsetof(struct pulpo_state, flags) == 128, "StubLayout.FLAGS");
_Static_assert(offsetof(struct pulpo_state, borrower) == 136, "StubLayout.BORROWER");
_Static_assert(offsetof(struct pulpo_state, tls_module) == 144, "StubLayout.TLS_MODULE");
_Static_assert(offsetof(struct pulpo_state, tls_descriptor) == 152, "StubLayout.TLS_DESCRIPTOR");
_Static_assert(offsetof(struct pulpo_state, resolve) == 160, "StubLayout.RESOLVE");
_Static_assert(offsetof(struct pulpo_state, callback) == 168, "StubLayout.CALLBACK");
_Static_assert(offsetof(struct pulpo_state, drop) == 176, "StubLayout.DROP");
_Static_assert(offsetof(struct pulpo_state, runtime) == 184, "StubLayout.RUNTIME");
_Static_assert(offsetof(struct pulpo_state, shadow_ids) == 192, "StubLayout.SHADOW_IDS");
_Static_assert(sizeof(struct pulpo_state) == 200, "StubLayout.STATE_BYTES");
_Static_assert(offsetof(struct pulpo_load, handle) == 8, "StubLayout.LOAD_HANDLE");
_Static_assert(offsetof(struct pulpo_load, map) == 16, "StubLayout.LOAD_MAP");
_Static_assert(offsetof(struct pulpo_load, error) == 24, "StubLayout.LOAD_ERROR");
_Static_assert(sizeof(struct pulpo_load) == 32, "StubLayout.LOAD_BYTES");
_Static_assert(offsetof(struct pulpo_callback, progress) == 8, "StubLayout.CALLBACK_PROGRESS");
_Static_assert(offsetof(struct pulpo_callback, shift) == 16, "StubLayout.CALLBACK_SHIFT");
_Static_assert(offsetof(struct pulpo_callback, may_refuse) == 24, "StubLayout.CALLBACK_MAY_REFUSE");
_Static_assert(offsetof(struct pulpo_callback, result) == 32, "StubLayout.CALLBACK_RESULT");
_Static_assert(offsetof(struct pulpo_callback, message) == 40, "StubLayout.CALLBACK_MESSAGE");
_Static_assert(sizeof(struct pulpo_callback) == 296, "StubLayout.CALLBACK_BYTES");
_Static_assert(PULPO_SHADOW_IDS == 256, "StubLayout.MOST_SHADOW_IDS");
_Static_assert(sizeof(struct pulpo_shadow_id) == 24, "StubLayout.SHADOW_ID_BYTES");
