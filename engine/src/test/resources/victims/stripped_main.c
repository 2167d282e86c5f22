/* Calls the library as it is told to. */
#include <stdio.h>
#include <stdlib.h>
long answer(int);
const char *text(int);
int main(void)
{
    char line[100];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        int x = atoi(line);
        printf("%ld %s\n", answer(x), text(x));
    }
    return 0;
}
