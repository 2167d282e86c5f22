/*
 * DEFINE(name): a function of the libraries that the benchmark generates, with FILLING instructions that do nothing but make
 * it longer.
 */
#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
#define DEFINE(name) \
    long name(long x) \
    { \
        __asm__ volatile("push %%rbp; mov %%rsp, %%rbp; pop %%rbp; .rept " NUMBER(FILLING) "; lea 1(%%rax), %%rax; .endr" \
                         ::: "rax", "memory"); \
        return x + 1; \
    }
