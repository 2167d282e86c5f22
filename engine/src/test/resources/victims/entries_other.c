/* A second source file with a static function of the same name. */
static __attribute__((noinline)) int local(int x)
{
    __asm__ volatile("");
    return x + 20;
}

int call_other_local(int x)
{
    return local(x);
}
