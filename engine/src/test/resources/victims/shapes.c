/* Functions of all shapes, and functions without arguments that call them. */

/*
 * A prepared function that returns a number, with its entry so many bytes behind the beginning of a page; the 14 nops of
 * its padding come before that.
 */
#define AT(name, offset, number)                                                                                       \
    __asm__(".text\n .p2align 12\n .skip 4096 - 14 + (" #offset ")\n .skip 14, 0x90\n .globl " #name "\n .type " #name \
            ", @function\n" #name ":\n nop\n nop\n mov $" #number ", %eax\n ret\n .size " #name ", . - " #name "\n")

AT(padding_crosses, 7, 1);
AT(flip_crosses, -1, 2);
AT(entry_begins_page, 0, 3);

__attribute__((noipa)) long many(int a, long b, short c, char d, int e, int f, int g, long h, double x, float y, int i)
{
    return a + b + c + d + e + f + g + h + (long)x + (long)y + i;
}

int call_many(void)
{
    return (int)many(1, 2, 3, 4, 5, 6, 7, 8, 9.5, 10.5f, 11);
}

int depth(int n)
{
    __asm__ volatile("");
    return n == 0 ? 0 : 1 + depth(n - 1);
}

int call_depth(void)
{
    return depth(20);
}

struct large {
    long values[6];
};

__attribute__((noipa)) struct large returned(int seed)
{
    struct large result = {{seed, 0, 0, 0, 0, 1}};
    return result;
}

int call_returned(void)
{
    struct large result = returned(5);
    return (int)(result.values[0] + result.values[5]);
}
