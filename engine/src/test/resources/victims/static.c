/* A program for which there is no dynamic loader. */
#include <unistd.h>

int main(void)
{
    char c;

    return read(0, &c, 1) < 0;
}
