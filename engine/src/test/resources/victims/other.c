/* Another library under test, which is not built to be replaced. */
__attribute__((noinline)) int other(void)
{
    __asm__ volatile("");
    return 1;
}
