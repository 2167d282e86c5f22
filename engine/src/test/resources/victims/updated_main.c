/* A program in several builds, by VERSION, with a library in several builds. Answers lines: a5 asks the library, p5 the
 * program, c how often the library was asked. */
#include <stdio.h>
#include <stdlib.h>

int answer(int a);
int counted(void);

__attribute__((noinline)) static int own(int a)
{
    return a + VERSION * 1000;
}

int main(void)
{
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        int number = atoi(line + 1);
        switch (line[0]) {
        case 'a': printf("%d\n", answer(number)); break;
        case 'p': printf("%d\n", own(number)); break;
        default: printf("%d\n", counted());
        }
    }
    return 0;
}
