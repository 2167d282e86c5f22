int answer(int a)
{
    return a + 2000;
}
