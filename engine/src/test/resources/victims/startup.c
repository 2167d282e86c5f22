/* With its only variable of eight bytes the start-up code's own variable moves away from the end of the initialised data. */
static int first = 40;
static int calls;
#ifndef FIXED
static long total;
#endif
long answer(int x)
{
    calls++;
#ifdef FIXED
    return 2000L * x + calls + first;
#else
    total += x;
    return 1000L * x + calls + first + (total > 1000000);
#endif
}
const char *text(int x)
{
    first += x > 100;
    return calls > x ? "many" : "few";
}
