int new_answer(int in, char what)
{
    (void)in;
    (void)what;
    return 2;
}
