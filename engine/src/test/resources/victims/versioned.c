/* A program whose main and a variable name its version; it is in main as long as it runs. */
#include <stdio.h>
#include <stdlib.h>
#ifdef FIXED
#define VERSION "1.2-3+deb12u10"
#define DATE "25 Aug 2026"
#else
#define VERSION "1.2-3+deb12u9"
#define DATE "7 Apr 2025"
#endif
#ifdef OTHER_TEXT
#define MOOD "good 1"
#elif defined OTHER_NUMBER
#define MOOD "fine 2"
#else
#define MOOD "fine 1"
#endif
#ifdef FORMAT
#define EDITION "edition " VERSION " of %s"
#else
#define EDITION "edition " VERSION
#endif
/* Whichever way the compiler orders them, a text with % comes after the version. */
char number[] = "%ld ";
char version[32] = VERSION;
char text[] = "%s\n";
const char *edition = EDITION;
static int calls;
__attribute__((noinline)) static long answer(int x)
{
    calls++;
#ifdef FIXED
    return 2000L * x + calls;
#else
    return 1000L * x + calls;
#endif
}
int main(int count, char **words)
{
    char line[100];
    if (count > 1 && words[1][0] == 0x76)
        printf("version " VERSION " of " DATE ": " MOOD " %s\n", words[0]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != NULL)
    {
        if (line[0] == 'e')
            puts(edition);
        printf(number, answer(atoi(line)));
        printf(text, version);
    }
    return 0;
}
