/* Replacements for indirect functions, those of the C library among them, which everybody uses meanwhile. */
#include <stddef.h>

int fixed_int(int x)
{
    return x + VALUE;
}

size_t fixed_strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0') {
        length++;
        __asm__ volatile("");
    }
    return length == 5 && text[0] == 'p' && text[4] == 'o' ? VALUE : length;
}

void *fixed_memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    if (size == 5 && ((const char *)from)[0] == 'p') {
        *(char *)to = 'P';
    }
    return to;
}
