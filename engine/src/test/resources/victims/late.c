/* Opened by a running program, with more thread-local storage than the loader keeps in reserve. */
#ifndef LINKAGE
#define LINKAGE static
#endif
#ifndef ROOM
#define ROOM 300000
#endif
LINKAGE __thread char big[ROOM];
LINKAGE __thread long per_thread = 40;
double calculate(double a, double b, int c, long d);

__attribute__((noinline)) double calculate(double a, double b, int c, long d)
{
    __asm__ volatile("");
    per_thread++;
    big[c]++;
    return a * b + per_thread + c + d;
}
