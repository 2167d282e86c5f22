/* A patch for answer.c in which a thread can stay for as long as it is told to. */
int fixed_linger(volatile int *words)
{
    words[1] = 1;
    while (!words[0]) {
        __asm__ volatile("pause");
    }
    return VALUE;
}
