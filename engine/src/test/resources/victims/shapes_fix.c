/* A patch for shapes.c. */
int new_number(void)
{
    return 77;
}

long new_many(int a, long b, short c, char d, int e, int f, int g, long h, double x, float y, int i)
{
    return 1000 + a + b + c + d + e + f + g + h + (long)x + (long)y + i;
}

int new_depth(int n)
{
    return n == 0 ? 500 : 2 + new_depth(n - 1);
}

struct large {
    long values[6];
};

struct large new_returned(int seed)
{
    struct large result = {{seed * 10, 0, 0, 0, 0, 2}};
    return result;
}
