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

/* Says in the second word that a thread is inside, and lets it go when the first one is set. */
__attribute__((noinline)) int linger(volatile int *words)
{
    words[1] = 1;
    while (!words[0]) {
        __asm__ volatile("pause");
    }
    return 1;
}
