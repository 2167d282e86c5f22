#include "spelled.h"

int answer(struct many *all, va_list *more, enum color color, bool set, wchar_t letter, unsigned int number,
        char **names, double value)
{
    (void) more; (void) names; (void) color; (void) set; (void) letter; (void) value;
    return (int) (all->signed_long * 2) + (int) number;
}
