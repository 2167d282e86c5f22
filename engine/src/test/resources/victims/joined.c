/* A library of which a fix is supplemented by hand. */
#define OWN static __attribute__((noinline))
int limit = 50;
static int counter;
static __thread int asked = 5;
OWN int capped(int x)
{
    counter++;
    asked++;
#ifdef FIXED
    return x > limit ? limit : x;
#else
    return x;
#endif
}
#ifdef FIXED
__attribute__((noinline)) int rounded(int x)
{
    return x / 10 * 10;
}
#endif
__attribute__((noinline)) int price(int x)
{
#ifdef FIXED
    return capped(x) * 3;
#else
    return capped(x) * 2;
#endif
}
__attribute__((noinline)) const char *label(int x)
{
    return x > 9 ? "many" : "few";
}
__attribute__((noinline)) int answer(int x)
{
#ifdef FIXED
    return rounded(capped(x)) + 1;
#else
    return capped(x);
#endif
}
int state(void)
{
    return counter * 100 + asked;
}
