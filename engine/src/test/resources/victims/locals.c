/*
 * Functions whose parameters and variables are of every kind and in every place: in registers that later functions keep, on
 * the stack, in pieces, only known by what the function was called with, or gone.
 */
#include <complex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum colour { RED, GREEN = 5, BLUE };
struct inner { short low; char name[12]; };
struct outer {
    int number;
    unsigned flag : 1;
    int small : 5;
    struct inner inner;
    const char *text;
    double ratio;
    enum colour colour;
    struct outer *next;
};
union either { int whole; float part; };
struct pair { long first, second; };

#define NEVER __attribute__((noinline, noclone, noipa))

static volatile long sink;
static __thread long per_thread = 7;
static struct outer shared = {.number = -3, .flag = 1, .small = -9, .inner = {-2, "in shared"},
    .text = "of shared", .ratio = 2.5, .colour = BLUE, .next = NULL};

NEVER static void block(void)
{
    char byte;
    static int visits = 41;
    static __thread short own = 300;
    visits++;
    own++;
    per_thread++;
    printf("ready\n");
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {
    }
    exit(0);
}

NEVER static long keeps(long a, const char *text, struct outer *out, double factor)
{
    /* Alive across the call, so in registers that block keeps. */
    long twice = a * 2;
    const char *rest = text + 3;
    struct outer *next = out->next ? out->next : out;
    long array[4] = {a, twice, a + twice, -a};
    sink = array[1];
    float single = (float) factor * 3;
    long double wide = factor / 3;
    bool yes = a > 3;
    unsigned char octet = (unsigned char) (a + 200);
    block();
    sink += twice + (long) (rest - text) + next->number + array[sink & 3] + (long) single + (long) wide + yes + octet;
    return sink;
}

NEVER static long entry(long first, long second, enum colour colour)
{
    /* Both are known only from the caller after the call, as nothing needs them any more. */
    sink = first + second;
    long result = keeps(17, "a text of some length", &shared, 1.25);
    return result + 1;
}

static inline __attribute__((always_inline)) long inlined(int depth, const struct pair *given)
{
    struct pair mine = {given->second, given->first + depth};
    long sum = mine.first + mine.second;
    long result = entry(sum, 1000 + depth, GREEN);
    return result + mine.first;
}

NEVER static long aggregates(struct pair by_value, union either either, float f, double d, _Complex double c)
{
    struct outer local = shared;
    int matrix[2][3] = {{1, 2, 3}, {4, 5, (int) by_value.first}};
    char letters[8] = "abc";
    int *pointer = &matrix[1][0];
    local.number = matrix[1][2];
    local.next = &shared;
    long result = 0;
    for (int i = 3; i < 4; i++) {
        long in_block = i * 11L;
        result += inlined(i, &by_value) + in_block;
    }
    sink = *pointer + letters[1] + local.number + either.whole + (long) f + (long) d + (long) creal(c);
    return result + sink;
}

NEVER static long variable_length(int length)
{
    int values[length];
    for (int i = 0; i < length; i++) {
        values[i] = i * i;
    }
    union either either = {.whole = 0x3f800000};
    struct pair pair = {123456789012345, -5};
    long result = aggregates(pair, either, 0.5f, -2.75, 1.5 + 2.5 * I);
    return result + values[length - 1];
}

NEVER static int compare(const void *left, const void *right)
{
    const int *a = left;
    const int *b = right;
    int difference = *a - *b;
    sink = variable_length(5);
    return difference;
}

int main(int argc, char **argv)
{
    int numbers[3] = {3, 1, 2};
    unsigned long long large = 0xfedcba9876543210ull;
    signed char negative = (signed char) -argc;
    qsort(numbers, 3, sizeof numbers[0], compare);
    return numbers[0] + (int) large + negative + (argv == NULL);
}
