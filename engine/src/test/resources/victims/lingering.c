/* A patch for answer.c in which a thread can stay for as long as it is told to. */
int fixed_linger(volatile int *leave)
{
    while (!*leave) {
        __asm__ volatile("pause");
    }
    return VALUE;
}
