/* Keeps a borrowed thread from being cancelled (pthread_cancel(3)) in the function that it is made to call. */
#ifndef PULPO_CANCEL_H
#define PULPO_CANCEL_H

#include <stdint.h>

struct pulpo_cancel {
    int changed;        /* whether it was disabled */
    int state;          /* what it was before */
    int asked;          /* whether the thread had been asked to end before */
    uint32_t *handling; /* where glibc keeps these for the thread; null if unknown */
};

__attribute__((visibility("hidden"))) void pulpo_hold_cancel(struct pulpo_cancel *held);
__attribute__((visibility("hidden"))) void pulpo_give_cancel_back(const struct pulpo_cancel *held);

#endif
