/* Answers lines with what its function makes of them. */
#include "spelled.h"
#include <stdio.h>
#include <stdlib.h>

static struct many many = {.signed_long = 1000};

__attribute__((noinline)) long answer(struct many *all, va_list *more, enum color color, bool set, wchar_t letter,
        unsigned long long number, char **names, double value)
{
    __asm__ volatile("" : : "r"(more), "r"(names));
    return all->signed_long + (long) number + color + set + letter + (value > 2);
}

#ifdef SILENT
__attribute__((noinline)) void silent(void)
{
    __asm__ volatile("" : : : "memory");
}
#endif

int main(int count, char **arguments)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%ld\n", answer(&many, NULL, RED, count > 5, 0, strtoull(line + 1, NULL, 10), arguments, 1.0));
    }
    return 0;
}
