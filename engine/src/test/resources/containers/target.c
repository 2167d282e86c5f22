/* What is patched: functions and variables, exported and private, ordinary and thread-local. */
static int counter = 7;
__thread int padding = 2;
__thread int exported_local = 3;
static __thread int private_local = 4;

int helper(int x)
{
    return x + counter;
}

int first(void)
{
    counter++;
    padding++;
    exported_local++;
    private_local++;
    return helper(1);
}

int second(void)
{
    return 5;
}
