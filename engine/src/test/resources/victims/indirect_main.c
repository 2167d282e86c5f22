/*
 * A program that uses indirect functions when it is told to: a line names one, and a number. "asked" says how often the
 * resolver of pick has run, and "errno" whether the thread's errno is what it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

int pick(int);
int call_inner(int);
extern volatile int asked;

static char text[100] = "pulpo";
static char copied[100];
static volatile size_t length = 5;

int main(void)
{
    static char line[128];
    char name[64];
    int x;

    puts("ready");
    fflush(stdout);
    errno = 77;
    while (fgets(line, sizeof line, stdin) != NULL) {
        int result = -12345, error = errno;

        x = 0;
        if (sscanf(line, "%63s %d", name, &x) < 1) {
            continue;
        }
        switch (name[0]) {
        case 'p': result = pick(x); break;
        case 'i': result = call_inner(x); break;
        case 'a': result = asked; break;
        case 'e': result = error; break;
        case 's': result = (int)strlen(text); break;
        case 'm': memcpy(copied, text, length); result = copied[0]; break;
        default: break;
        }
        printf("%d\n", result);
        fflush(stdout);
        errno = 77;
    }
    return 0;
}
