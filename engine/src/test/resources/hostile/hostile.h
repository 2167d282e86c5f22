/* What hostile programs have in common: they look honest, have the stub, and control every byte that a tool reads of them. */
#ifndef HOSTILE_H
#define HOSTILE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pulpo_state.h"

int answer(void);

static inline void need(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        exit(1);
    }
}

/* The stub's state, which lies in memory that the process may write. */
static inline struct pulpo_state *stub(void)
{
    struct pulpo_state *state = dlsym(RTLD_DEFAULT, "pulpo_state");
    need(state != NULL, "no stub");
    return state;
}

/* Says that everything is in place, and goes on to live without doing anything. */
static inline void live(void)
{
    answer();
    puts("ready");
    fflush(stdout);
    for (;;) {
        usleep(10000);
    }
}

#endif
