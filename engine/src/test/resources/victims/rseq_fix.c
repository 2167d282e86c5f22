/* A patch that is noticed by the thread that loads it. */
extern volatile long touched;

__attribute__((constructor)) static void construct(void)
{
    touched++;
}

int fixed_answer(void)
{
    return 2;
}
