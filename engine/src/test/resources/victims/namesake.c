/* Functions of the program whose names the C library exports, too, for old programs: step and advance. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noipa)) static int step(int n) { return n * 7 - n / 3; }

/* gcc makes copies of these for the one value of their second argument, under other names. */
__attribute__((noinline)) static int advance(int n, int by) { return n % (by + abs(n)) + by; }
__attribute__((noinline)) static int stride(int n, int by) { return n / (by + abs(n)) - by; }

int main(void)
{
    char line[80];

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int n = atoi(line);
        printf("%d %d %d\n", step(n), advance(n, 5), stride(n, 5));
        fflush(stdout);
    }
    return 0;
}
