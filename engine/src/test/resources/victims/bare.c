/* A program that has a dynamic loader and no library. It waits until it is killed. */
void _start(void);
void _start(void)
{
    long result;

    for (;;) {
        __asm__ volatile("syscall" : "=a"(result) : "0"(34L) : "rcx", "r11", "memory"); /* pause */
    }
}
