/* Types that compilers describe in different words. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum color { RED, GREEN = 5 };

struct flags {
    unsigned char a : 3;
    unsigned b : 9;
    bool c;
};

struct many {
    long long signed_long;
    unsigned long long unsigned_long;
    unsigned short half;
    signed char tiny;
    char plain;
    long double wide;
    _Complex double pair;
    __int128 huge;
    wchar_t letter;
    size_t size;
    uint64_t word;
    enum color color;
    struct flags flags[3];
    int (*called)(const struct many *, va_list);
    const char *const *names;
};

#ifndef WRONG
long answer(struct many *many, va_list *more, enum color color, bool set, wchar_t letter, unsigned long long number,
        char **names, double value);
#endif
