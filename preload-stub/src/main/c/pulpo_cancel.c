/*
 * A cancelled thread must not end while it is borrowed: it would keep the loader's lock, and its cleanup handlers would
 * not be found, because it runs on a foreign stack. It must end later, where it was.
 *
 * There are two types of cancellation. Deferred cancellation sets a bit that the next cancellation point checks; while
 * the state is PTHREAD_CANCEL_DISABLE no point does, and enabling it again has no effect by itself. Asynchronous
 * cancellation sends the thread a signal, whose handler ends it. Signals are blocked while a thread is borrowed.
 *
 *   glibc            a system call that is a cancellation point     the signal is sent        it ends the thread, if
 *   to 2.33, 2.36 on is asynchronous                                if asynchronous           the bit was not set before
 *   2.34, 2.35       is asynchronous                                always                    asynchronous
 *   2.41 on          looks at the bit, and then waits               if enabled                asynchronous, or there
 *
 * So with the glibc versions of the first line, nothing is changed for a thread that gets the signal, which arrives when
 * the thread is back in its own code, as it should. With the state disabled no signal would be sent, and enabling it
 * again would end the thread at once. With those of the second line the state can be disabled for any thread. With those
 * of the third it must be, because the bit is set in any case. If it was set meanwhile, the signal is sent when the
 * thread is given back, because the thread may already wait after its check of the bit.
 *
 * pthread_setcanceltype(3) can report the type only by changing it. So it is read from glibc's data, which glibc
 * describes for debuggers. Without the description, cancellation is assumed to be deferred.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pulpo_cancel.h"
#include "pulpo_loader.h"

/* Bits of the word cancelhandling of struct pthread. */
enum { DISABLED = 1, ASYNCHRONOUS = 2, ASKED = 8 };

/* The signal that cancels threads, the first of those that are reserved for glibc (signal(7)). */
enum { SIGNAL = 32 };

/* The description of a field for nptl_db: its size in bits, the number of elements, and its offset in struct pthread. */
enum { BITS, COUNT, OFFSET };

static uint32_t *word_of_thread(const char *description)
{
    const uint32_t *field = dlsym(RTLD_DEFAULT, description);

    if (field == NULL) {
        dlerror();
        return NULL;
    }
    if (field[BITS] != 8 * sizeof(uint32_t) || field[COUNT] != 1) {
        return NULL;
    }
    return (uint32_t *)((char *)pthread_self() + field[OFFSET]);
}

static uint32_t *find_handling(void)
{
    const volatile uint32_t *tid;

    if (dlsym == NULL) {
        return NULL;
    }
    /* The thread's own id, read in the same way, proves that the description fits. */
    tid = word_of_thread("_thread_db_pthread_tid");
    return tid != NULL && *tid == (uint32_t)syscall(SYS_gettid) ? word_of_thread("_thread_db_pthread_cancelhandling")
                                                                 : NULL;
}

static uint32_t now(uint32_t *handling)
{
    return handling == NULL ? 0 : __atomic_load_n(handling, __ATOMIC_SEQ_CST);
}

/* Whether glibc is 2.41 or later. */
static int looks_before_it_waits(void)
{
    const char *version = gnu_get_libc_version();
    int minor = 0;

    if (version[0] != '2' || version[1] != '.') {
        return version[0] > '2';
    }
    for (version += 2; *version >= '0' && *version <= '9'; version++) {
        minor = 10 * minor + (*version - '0');
    }
    return minor >= 41;
}

/* If there is no such description, this overwrites the loader's last message for the thread. */
void pulpo_hold_cancel(struct pulpo_cancel *held)
{
    uint32_t before;

    held->handling = find_handling();
    held->state = PTHREAD_CANCEL_ENABLE;
    before = now(held->handling);
    held->asked = (before & ASKED) != 0;
    held->changed = looks_before_it_waits() || (before & (DISABLED | ASYNCHRONOUS)) != ASYNCHRONOUS;
    if (held->changed) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held->state);
        /* A word without this change is not the right one. */
        if (looks_before_it_waits() && (now(held->handling) & DISABLED) == 0) {
            held->handling = NULL;
        }
    }
}

/* As pthread_cancel would have sent it. If pthread_cancel has never been called, the signal would kill the process. */
static void send_signal(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action;

    if (syscall(SYS_rt_sigaction, SIGNAL, NULL, &action, sizeof action.mask) == 0 && action.handler != SIG_DFL
        && action.handler != SIG_IGN) {
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGNAL);
    }
}

void pulpo_give_cancel_back(const struct pulpo_cancel *held)
{
    if (!held->changed) {
        return;
    }
    if (held->handling == NULL || held->state != PTHREAD_CANCEL_ENABLE || !looks_before_it_waits()) {
        pthread_setcancelstate(held->state, NULL);
        return;
    }
    if ((now(held->handling) & ASYNCHRONOUS) != 0) {
        /* pthread_setcancelstate would end the thread here. */
        __atomic_fetch_and(held->handling, ~(uint32_t)DISABLED, __ATOMIC_SEQ_CST);
    } else {
        pthread_setcancelstate(held->state, NULL);
    }
    if ((now(held->handling) & ASKED) != 0 && !held->asked) {
        send_signal();
    }
}
