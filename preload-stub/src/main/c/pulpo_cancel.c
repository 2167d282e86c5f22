/*
 * A thread that was asked to end must not do so while it is borrowed: it would take the loader's lock with it, and the
 * stack that it stands on is not its own, so that its cleanup handlers would not be found. It is to end where it was.
 *
 * There are two ways in which it can be asked. Where cancellation is deferred, a bit is set that the next cancellation
 * point sees; as long as the state is PTHREAD_CANCEL_DISABLE none does, and enabling it again does nothing by itself.
 *
 * Where it is asynchronous, and that is so for every thread that waits in a system call which is a cancellation point
 * (glibc up to 2.40), the thread gets a signal, whose handler sets that bit. The signal is blocked while the thread is
 * borrowed and comes when it is back in its own code, as it should. So there nothing is changed: were the state disabled,
 * no signal would be sent, and enabling it again would end the thread there and then.
 *
 * Which of the two it is can be asked of pthread_setcanceltype(3) only by changing it. So it is read where glibc keeps
 * it: it describes its threads to debuggers. Where it does not, or keeps it elsewhere (2.34 and 2.35), the thread passes
 * for one whose cancellation is deferred.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "pulpo_cancel.h"

/* Bits of the word cancelhandling of struct pthread. */
enum { DISABLED = 1, ASYNCHRONOUS = 2 };

/* How nptl_db is told of a field: its size in bits, how many there are, and where in struct pthread it is. */
enum { BITS, COUNT, OFFSET };

static const volatile uint32_t *word_of_thread(const char *description)
{
    const uint32_t *field = dlsym(RTLD_DEFAULT, description);

    if (field == NULL) {
        dlerror();
        return NULL;
    }
    if (field[BITS] != 8 * sizeof(uint32_t) || field[COUNT] != 1) {
        return NULL;
    }
    return (const volatile uint32_t *)((const char *)pthread_self() + field[OFFSET]);
}

static int is_cancelled_by_signal(void)
{
    const volatile uint32_t *tid = word_of_thread("_thread_db_pthread_tid");
    const volatile uint32_t *cancel = word_of_thread("_thread_db_pthread_cancelhandling");

    /* The thread's own id, found in the same way, says that the description fits. */
    return tid != NULL && cancel != NULL && *tid == (uint32_t)gettid()
           && (*cancel & (DISABLED | ASYNCHRONOUS)) == ASYNCHRONOUS;
}

/* What the loader has to say to the thread is forgotten by this where there is no such description. */
void pulpo_hold_cancel(struct pulpo_cancel *held)
{
    held->changed = !is_cancelled_by_signal();
    if (held->changed) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held->state);
    }
}

void pulpo_give_cancel_back(const struct pulpo_cancel *held)
{
    if (held->changed) {
        pthread_setcancelstate(held->state, NULL);
    }
}
