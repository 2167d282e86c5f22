/* A library that was built to be patched, in which a thread stays until it may leave. */
int answer(void)
{
    __asm__ volatile("");
    return 1;
}

int stay(volatile int *leave)
{
    while (!*leave) {
        __asm__ volatile("pause");
    }
    return 1;
}
