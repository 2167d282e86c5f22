/* A patch for answer.c; VALUE tells one build from another. */
int fixed_answer(void)
{
    return VALUE;
}

int fixed_second(int x)
{
    return x + VALUE;
}
