/* A patch of called.c whose callbacks note that they are called, with the patch's NAME. */
#include "pulpo.h"

extern void note(const char *text);
extern volatile int gates[4];
int usleep(unsigned int microseconds);
static int *volatile nowhere;

int fixed_answer(void)
{
    return VALUE;
}

int fixed_linger(volatile int *words)
{
    words[1] = 1;
    return VALUE;
}

#ifdef STATE
PULPO_STATE(9, STATE);
#endif

/* As linger() itself. */
int linger_on(volatile int *words)
{
    words[1] = 1;
    while (!words[0]) {
        __asm__ volatile("pause");
    }
    return VALUE;
}

static int noted(int which, const char *text)
{
    note(text);
    while (gates[which] == 1) {
        usleep(1000);
    }
    if (gates[which] == 2) {
        *nowhere = 0;
    }
    return gates[which] == 3;
}

#ifndef WITHOUT_BEFORE
int pulpo_before_apply(char *message, size_t size)
{
    const char *why = "no room for " NAME "\n\033[31m";

#ifdef STATE
    char before[] = {(char)('0' + pulpo_state_get(9)), '\0'};
    note(before);
#endif
    for (size_t i = 0; i < size - 1 && why[i] != '\0'; i++) {
        message[i] = why[i];
    }
#ifdef REFUSES
    note("<" NAME);
    return 1;
#else
    return noted(0, "<" NAME);
#endif
}

void pulpo_before_revert(void)
{
    noted(2, "-" NAME);
}
#endif

void pulpo_after_apply(void)
{
    noted(1, "+" NAME);
}

void pulpo_after_revert(void)
{
    noted(3, ">" NAME);
}
