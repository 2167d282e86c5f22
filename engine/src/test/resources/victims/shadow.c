/*
 * A program that gives itself a shadow stack, says "ready" and waits until it is killed; or "unsupported", where the CPU
 * or the kernel has none. It never returns from where it has it: what was called before is not on that stack.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

enum { ENABLE = 0x5001, SHADOW_STACK = 1 }; /* arch_prctl's operations (asm/prctl.h) */

int main(void)
{
    long result = SYS_arch_prctl;

    __asm__ volatile("syscall" : "+a"(result) : "D"((long)ENABLE), "S"((long)SHADOW_STACK) : "rcx", "r11", "memory");
    if (result != 0) {
        return write(1, "unsupported\n", 12) != 12;
    }
    if (write(1, "ready\n", 6) == 6) {
        for (;;) {
            pause();
        }
    }
    _exit(1);
}
