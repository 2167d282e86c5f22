/* A library with data that nobody else can name. */
static int secret = 7;
static __thread int padding = 1;
static __thread int local = 40;
__thread int shared_local = 50;

void set_private(int value)
{
    secret = value;
    local = value;
    padding = value;
    shared_local = value;
}

__attribute__((noinline)) int get_secret(void)
{
    __asm__ volatile("");
    return secret;
}

__attribute__((noinline)) int get_local(void)
{
    __asm__ volatile("");
    return local;
}

__attribute__((noinline)) int get_shared(void)
{
    __asm__ volatile("");
    return shared_local;
}
