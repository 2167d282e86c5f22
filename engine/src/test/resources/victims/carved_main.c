/* Calls the library as it is told to. */
#include <stdio.h>
#include <stdlib.h>
#include "carved.h"
int main(void)
{
    char line[100];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        int a = atoi(line + (line[0] == 'f'));
        if (line[0] == 'f') {
            printf("%ld\n", forms(a));
            continue;
        }
        int x = answer(a);
        printf("%d %s %d %d\n", x, text(a), choose(a), exported);
    }
    return 0;
}
