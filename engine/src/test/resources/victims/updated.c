/* A library in several builds, by VERSION. Its counter outlives updates. */
static int calls;

__attribute__((noinline)) int answer(int a)
{
    calls++;
#if VERSION > 1
    if (a > 100)
        return -1;
#endif
    return a * VERSION;
}

__attribute__((noinline)) int counted(void)
{
    return calls;
}

#ifdef OTHER_SIGNATURE
__attribute__((noinline)) int sum(const char *text, int a)
{
    return a + text[0];
}
#else
__attribute__((noinline)) int sum(int a, int b)
{
    return a + b;
}
#endif
