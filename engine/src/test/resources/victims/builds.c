/* Compiled several times, with what is between #ifdef or without. */
#include <stdio.h>
#include <string.h>
#ifdef SHIFTED
int inserted_variable[100] = {1};
static const char inserted_text[] = "something that moves everything behind it";
const char *inserted(int a);
const char *inserted(int a)
{
    return inserted_text + a % 3 + inserted_variable[a % 100];
}
#endif

static int state = 3;
static int table[] = {1, 2, 3};
static const char *words[] = {"alpha", "beta", "gamma"};

__attribute__((noinline)) int choose(int a)
{
    switch (a) {
    case 0: return printf("zero\n");
    case 1: return puts("one");
    case 2: return state++;
    case 3: return (int)strlen(words[state % 3]);
    case 4: return table[a % 3];
    case 5: return -9;
    case 6: return a * 77;
    default: return 0;
    }
}

__attribute__((noinline)) double scaled(double a, float b)
{
#ifdef CONSTANT
    return a * 2.25 + b * 1.5f;
#else
    return a * 2.5 + b * 1.5f;
#endif
}

static __attribute__((noinline, noclone)) int loops(const char *text)
{
    static int calls;
    int sum = 0;
    for (int i = 0; text[i] != 0; i++) {
        sum += text[i] * i;
        if (sum > 1000 && i % 3 == 0)
            sum -= state;
    }
    return sum + calls++;
}

__attribute__((noinline)) int says(int a)
{
#ifdef TEXT
    return loops("other text") + a;
#else
    return loops("this text") + a;
#endif
}

__attribute__((noinline)) int calls_other(int a)
{
#ifdef OTHER
    return choose(a) + says(a);
#else
    return says(a) + says(a + 1);
#endif
}

#ifdef PLACES
/* What Rust code hands to what panics. */
struct place { const char *file; size_t length; unsigned line, column; };
static const struct place here = {PLACES, sizeof PLACES - 1, LINE, 5};
const struct place *placed(int a);
__attribute__((noinline)) const struct place *placed(int a)
{
    return a > 3 ? &here : NULL;
}
#endif

int main(int argc, char **argv)
{
    return calls_other(argc) + choose(argc) + (int)scaled(argc, 2) + says(argc) + argv[0][0];
}
