/* Keeps a borrowed thread from being cancelled (pthread_cancel(3)) inside of what it is made to call. */
#ifndef PULPO_CANCEL_H
#define PULPO_CANCEL_H

struct pulpo_cancel {
    int state;
    int changed;
};

__attribute__((visibility("hidden"))) void pulpo_hold_cancel(struct pulpo_cancel *held);
__attribute__((visibility("hidden"))) void pulpo_give_cancel_back(const struct pulpo_cancel *held);

#endif
