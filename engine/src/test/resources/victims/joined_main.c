/* Calls the library as it is told to. */
#include <stdio.h>
#include <stdlib.h>
int price(int);
const char *label(int);
int answer(int);
int state(void);
int main(void)
{
    char line[100];
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL) {
        int x = atoi(line);
        int answered = answer(x);
        int cost = price(x);
        const char *name = label(x);
        printf("%d %d %s %d\n", answered, cost, name, state());
    }
    return 0;
}
