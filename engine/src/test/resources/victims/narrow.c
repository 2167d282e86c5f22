/* A 32-bit program that needs no library: it waits until it is killed. */
void _start(void)
{
    for (;;) {
        __asm__ volatile("int $0x80" : : "a"(29)); /* pause */
    }
}
