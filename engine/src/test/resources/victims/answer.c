/* The library under test: prepared functions. */
__attribute__((noinline)) int answer(void)
{
    __asm__ volatile("");
    return 1;
}

__attribute__((noinline)) int second(int x)
{
    __asm__ volatile("");
    return x + 1;
}

__attribute__((noinline)) int linger(volatile int *leave)
{
    while (!*leave) {
        __asm__ volatile("pause");
    }
    return 1;
}
