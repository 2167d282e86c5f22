// What the servers of watch.sh call: a patch replaces it.
int answer(void);

int answer(void)
{
    return 1;
}
