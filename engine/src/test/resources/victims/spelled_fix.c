#include "spelled.h"

long answer(struct many *all, va_list *more, enum color color, bool set, wchar_t letter, unsigned long long number,
        char **names, double value)
{
    (void) more; (void) names; (void) color; (void) set; (void) letter; (void) value;
    return all->signed_long * 2 + (long) number;
}
