/* Answers lines: a5 calls answer(), u5 asked() of the library. */
#include <stdio.h>
#include <stdlib.h>

int answer(int a);
int asked(int a);

#ifdef OWN
int answer(int a)
{
    return a + 7000;
}
#endif

int main(void)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%d\n", line[0] == 'a' ? answer(atoi(line + 1)) : asked(atoi(line + 1)));
    }
    return 0;
}
