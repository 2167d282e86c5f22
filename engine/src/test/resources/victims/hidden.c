/* A library whose functions and data nobody else can name. */
static volatile int base = 1;

__attribute__((visibility("hidden"), noipa)) int hidden(void)
{
    return base + 2;
}

__attribute__((noipa)) static int local(void)
{
    return base + 6;
}

__attribute__((noipa)) int visible(void)
{
    return 10 * hidden() + local();
}

int call_visible(void)
{
    return visible();
}
