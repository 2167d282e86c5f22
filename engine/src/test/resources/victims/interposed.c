/* Functions that a program may interpose, and callers of each kind. */
__attribute__((noinline)) int answer(int a)
{
    __asm__ volatile("" : "+r"(a));
    return a + 1000;
}

#ifdef OWN_CALL
/* A call that needs no lookup. */
extern __typeof(answer) own_answer __attribute__((alias("answer"), visibility("hidden")));
#else
#define own_answer answer
#endif

int asked(int a)
{
    return own_answer(a) + 100000;
}
