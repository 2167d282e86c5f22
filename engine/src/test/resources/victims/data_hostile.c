/* Debug information that lies: an array without an end, and a structure that the test makes a member of itself. */
#include <stdio.h>

int small_number[2] = {1, 2};
extern char endless[1ul << 60];
extern int endless_rows[1ul << 30][1ul << 28];
__asm__(".globl endless\n.set endless, small_number\n.globl endless_rows\n.set endless_rows, small_number\n");
struct innermost { int value; };
struct outer { struct innermost within_itself; int after; };
struct outer outer = {{1}, 2};
struct nameless { struct { int inside; }; int after_it; };
struct nameless nameless;
struct rows { struct outer all[4]; };
struct rows rows;
char long_text[1 << 18];
char *without_end = long_text;

int main(void)
{
    for (unsigned i = 0; i < sizeof long_text; i++)
        long_text[i] = 'x';
    puts("ready");
    fflush(stdout);
    return getchar() + endless[0] + endless_rows[0][0] == 0;
}
