/*
 * Functions that do no more than return the address of a table, which names the next one: like those of libcrypto that
 * describe types. A fix brings one in front of the others, and changes one word of a table, which the loader looks up by name.
 */
#include <ctype.h>
#include <stddef.h>
#define OWN static __attribute__((noinline))
struct field {
    const char *name;
    int (*of)(int);
};
struct table {
    long kind;
    const struct field *fields;
    long count;
    const struct table *(*next)(void);
};
#define TABLE(NAME, KIND, OF, NEXT)                                          \
    static const struct field NAME##_fields[] = {{#NAME, OF}, {"last", NULL}}; \
    static const struct table NAME##_table = {KIND, NAME##_fields, 2, NEXT};   \
    OWN const struct table *NAME(void)                                         \
    {                                                                          \
        return &NAME##_table;                                                  \
    }
#ifdef FIXED
#define OF_FOUR toupper
#define FIRST zero
#else
#define OF_FOUR tolower
#define FIRST one
#endif
TABLE(eight, 8, tolower, NULL)
TABLE(seven, 7, tolower, eight)
TABLE(six, 6, tolower, seven)
TABLE(five, 5, tolower, six)
TABLE(four, 4, OF_FOUR, five)
TABLE(three, 3, tolower, four)
TABLE(two, 2, tolower, three)
TABLE(one, 1, tolower, two)
#ifdef FIXED
TABLE(zero, 0, tolower, one)
#endif
TABLE(root, -1, tolower, FIRST)
OWN const struct table *find(long kind)
{
    const struct table *table = root();
    while (table != NULL && table->kind != kind)
        table = table->next == NULL ? NULL : table->next();
    return table;
}
long answer(int x)
{
    const struct table *table = find(x);
    return table == NULL ? -1 : 1000 * table->fields->of('a') + table->kind;
}
const char *text(int x)
{
    const struct table *table = find(x);
    return table == NULL ? "none" : table->fields->name;
}
