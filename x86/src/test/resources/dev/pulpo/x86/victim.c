/*
 * Runs code that it is given. Each line of its input is one of
 *   m ADDRESS LENGTH      maps memory there
 *   w ADDRESS HEX         writes bytes
 *   r ADDRESS A B C D     calls the address with these in rdi, rsi, rdx and rcx, and prints rax, rcx, rdx, rsi, rdi and
 *                         the arithmetic flags as the code has left them
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void run(unsigned long code, unsigned long *r) {
    unsigned long flags;
    register unsigned long r8 __asm__("r8") = code;
    __asm__ volatile("sub $128, %%rsp\n\txor %%eax, %%eax\n\tcall *%[code]\n\tlea 128(%%rsp), %%rsp\n\tpushf\n\tpop %[flags]"
        : "=&a"(r[4]), "+D"(r[0]), "+S"(r[1]), "+d"(r[2]), "+c"(r[3]), [flags] "=&r"(flags), [code] "+r"(r8)
        : : "r9", "r10", "r11", "memory", "cc");
    r[5] = flags & 0x8d5;
}

int main(void) {
    char line[16384], hex[16000];
    unsigned long a, r[6], length;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "m %lx %lx", &a, &length) == 2) {
            if (mmap((void *) a, length, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *) a)
                return 2;
        } else if (sscanf(line, "w %lx %15999s", &a, hex) == 2) {
            for (size_t i = 0; hex[2 * i]; i++) {
                char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
                ((unsigned char *) a)[i] = strtoul(digits, 0, 16);
            }
        } else if (sscanf(line, "r %lx %lx %lx %lx %lx", &a, &r[0], &r[1], &r[2], &r[3]) == 5) {
            run(a, r);
            printf("%lx %lx %lx %lx %lx %lx\n", r[4], r[3], r[2], r[1], r[0], r[5]);
            fflush(stdout);
        } else {
            return 3;
        }
    }
    return 0;
}
