/* A library in two builds: with -DFIXED the fix is in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "carved.h"
#ifdef FIXED
static int fixes = 7;                       /* new private state */
static int *where_fixes = &fixes;
static __attribute__((noinline)) int fresh(int a) { return a + ++*where_fixes; }
#endif
static int counter = 100;
static double ratio = 2.5;
static const char *names[] = {"zero", "one", "two"};
static __thread long per_thread = 40;
static unsigned char flags;
#ifdef BEGINS_OTHERWISE
static volatile int limit = 17;
#else
static volatile int limit = 16;
#endif
#ifdef GROWS
static volatile int room[20] = {1};
#else
static volatile int room[10] = {1};
#endif
#ifdef MORE_THREAD_LOCALS
static __thread int more = 3;
#endif
int exported = 5;
struct pair {
#ifdef OTHER_LAYOUT
    long first;
#else
    int first;
#endif
    int second;
};
struct pair pairs[3];
static struct { int a; long b; char text[40]; } state = {1, 2, "state"};
static int (*volatile hook)(int);

static __attribute__((noinline)) int hidden(int a) { __asm__ volatile(""); return a + counter; }
/* The old build keeps its address. */
static __attribute__((noinline)) int hooked(int a)
{
    __asm__ volatile("nop; nop; nop");
#ifdef FIXED
    return a * 2 + 1000;
#else
    return a * 2;
#endif
}

__attribute__((noinline)) int answer(int value)
{
    static int calls;
    calls++;
    counter += 1;
    flags |= 4;
    state.b += value + limit / 100 + room[value & 7] / 100;
#ifdef MORE_THREAD_LOCALS
    calls += more++ / 1000;
#endif
#ifdef FIXED
    counter += 10;
    flags ^= 0x10;
    if (state.text[0] == 's' && calls > 2)
        state.text[0] = 'S';
    return hidden(value) + fresh(1) + calls * 1000;
#else
    return hidden(value) + calls * 1000;
#endif
}

__attribute__((noinline)) const char *text(int i)
{
    static char buffer[200];
    ratio *= 1.5;
    per_thread += i;
    exported++;
    pairs[i & 1].second++;
    if (hook == NULL)
        hook = hooked;
#ifdef FIXED
    errno = 0;
    snprintf(buffer, sizeof buffer, "fixed %s %.2f %ld %d %d %s %d", names[i % 3], ratio, per_thread, flags, exported,
             state.text, hook(i));
#else
    snprintf(buffer, sizeof buffer, "old %s %.2f %ld %d %d %s %d", names[i % 3], ratio, per_thread, flags, exported,
             state.text, hook(i));
#endif
    return buffer;
}

__attribute__((noinline)) int choose(int a)
{
    switch (a) {
    case 0: return (int)strlen(names[1]);
    case 1: return counter;
    case 2: return counter++;
    case 3: return abs(-a * 5);
    case 4: return (int)strtol(names[0], NULL, 10) + a;
#ifdef FIXED
    case 5: return -99;
#else
    case 5: return -9;
#endif
    case 6: return a * 77;
    default: return 0;
    }
}

static long word = 0x7654321076543210;
static float real = 2.75f;
static long thrice(long a)
{
    __asm__ volatile("");
    return a * 3;
}
static long (*pointer)(long) = thrice;

/* Instructions that compilers seldom choose, with what each leaves behind in registers, flags and memory. */
__attribute__((noinline)) long forms(long a)
{
    long result;
    __asm__ volatile("sub $128, %%rsp\n\t"
                     "mov %1, %%rsi\n\t"
                     "mov $7, %%rdi\n\t"
                     "pushq %2\n\t"
                     "popq %%rax\n\t"
                     "add %2, %%rax\n\t"
                     "adc $0, %%rax\n\t"
                     "imul $3, %2, %%rcx\n\t"
                     "add %%rcx, %%rax\n\t"
                     "cmpq $5, %2\n\t"
                     "setg %%cl\n\t"
                     "movzbl %%cl, %%ecx\n\t"
                     "add %%rcx, %%rax\n\t"
                     "mov %2, %%r12\n\t"
                     "xchg %%rsi, %2\n\t"
                     "add %%rsi, %%rax\n\t"
                     "lock xadd %%rdi, %2\n\t"
                     "add %%rdi, %%rax\n\t"
                     "movzwl %2, %%r9d\n\t"
                     "movsbq %2, %%r13\n\t"
                     "xor %%r9, %%rax\n\t"
                     "xor %%r13, %%rax\n\t"
                     "shlq $3, %2\n\t"
                     "sbbq %%rsi, %2\n\t"
                     "add %2, %%rsi\n\t"
                     "add %%rsi, %%rax\n\t"
                     "movss %3, %%xmm4\n\t"
                     "mulss %3, %%xmm4\n\t"
                     "ucomiss %3, %%xmm4\n\t"
                     "seta %%dh\n\t"
                     "movzbl %%dh, %%edx\n\t"
                     "lea (%%rax, %%rdx, 8), %%rdi\n\t"
                     "cvttss2si %%xmm4, %%edx\n\t"
                     "add %%rdx, %%rdi\n\t"
                     "movb $9, %2\n\t"
                     "orb %%dl, %2\n\t"
                     "add %2, %%rdi\n\t"
                     "mov %%r12, %2\n\t"
                     "call *%4\n\t"
                     "add $128, %%rsp"
                     : "=&a"(result)
                     : "r"(a), "m"(word), "m"(real), "m"(pointer)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "xmm4", "memory", "cc");
#ifdef FIXED
    result++;
#endif
    return result;
}

