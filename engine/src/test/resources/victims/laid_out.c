/* A small library, in as few pages as the linker makes of it. */
static int calls;

int answer(int a)
{
    calls++;
    return a + 1000;
}

int counted(void)
{
    return calls;
}
