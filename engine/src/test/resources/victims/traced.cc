// A program whose functions take and return what a probe records. It obeys lines, and prints results.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUNCTION extern "C" __attribute__((noinline, used, visibility("default")))
#define BODY __asm__ volatile("" ::: "memory")

struct pair {
    long first;
    double second;
};

FUNCTION long many(int a, long b, unsigned c, const char *d, short e, long f, long g, double h, long i)
{
    BODY;
    return a + b + c + (long)strlen(d) + e + f + 10 * g + (long)h + 100 * i;
}

FUNCTION double reals(double a, float b, int c)
{
    BODY;
    return a + b + c;
}

FUNCTION struct pair both(long a, double b)
{
    BODY;
    return {a + 1, b + 1};
}

FUNCTION long double extended(long a)
{
    BODY;
    return a + 0.5L;
}

FUNCTION __attribute__((target("avx"))) __m256d wide(__m256d a, __m256d b)
{
    BODY;
    return _mm256_add_pd(a, b);
}

FUNCTION int peek(const char *text)
{
    BODY;
    return text == 0 ? -1 : 1;
}

FUNCTION const char *name(int n)
{
    BODY;
    return n == 0 ? 0 : "a name";
}

FUNCTION long stride(long thread, long i)
{
    BODY;
    return thread * 1000000 + i;
}

FUNCTION long block(int file)
{
    char c = 0;
    long count = read(file, &c, 1);
    BODY;
    return count + c;
}

static void *stepping(void *argument)
{
    long *both = (long *)argument;
    long wrong = 0;
    for (long i = 0; i < both[1]; i++) {
        wrong += stride(both[0], i) != both[0] * 1000000 + i;
    }
    return (void *)wrong;
}

static void *blocking(void *file)
{
    return (void *)block((int)(long)file);
}

static __attribute__((target("avx"))) void vectors(void)
{
    __m256d sum = wide(_mm256_set_pd(1, 2, 3, 4), _mm256_set_pd(10, 20, 30, 40));
    double out[4];
    _mm256_storeu_pd(out, sum);
    printf("%.0f %.0f %.0f %.0f ", out[0], out[1], out[2], out[3]);
}

int main(void)
{
    char line[256];
    int pipes[2];
    pthread_t blocked = 0;
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        char name_of[64];
        long n = 0;
        long m = 0;
        sscanf(line, "%63s %ld %ld", name_of, &n, &m);
        if (strcmp(name_of, "all") == 0) {
            if (__builtin_cpu_supports("avx")) {
                vectors();
            }
            struct pair p = both(4, 2.5);
            printf("%ld %.2f %ld %.1f %.1Lf\n", many(-1, 2, 3, "four\n", -5, 6, 7, 8.5, 9), reals(1.5, 2.25f, 3),
                    p.first, p.second, extended(7));
        } else if (strcmp(name_of, "peek") == 0) {
            /* No text, one that ends where memory does, one that nobody may read, a long one, one without an end there. */
            long page = sysconf(_SC_PAGESIZE);
            char *two = (char *)mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mprotect(two + page, page, PROT_NONE);
            strcpy(two + page - 6, "brink");
            peek(0);
            peek(two + page - 6);
            peek(two + page);
            peek((const char *)0xdeadbeef00000000);
            peek("0123456789012345678901234567890123456789012345678901234567890123456789");
            peek("evil\033[2J\n");
            two[page - 1] = 'k';
            peek(two + page - 3);
            munmap(two, 2 * page);
            printf("%s\n", name(n) == 0 ? "none" : name(n));
        } else if (strcmp(name_of, "steps") == 0) {
            pthread_t threads[256];
            long arguments[256][2];
            long wrong = 0;
            for (long i = 0; i < n; i++) {
                arguments[i][0] = i;
                arguments[i][1] = m;
                pthread_create(&threads[i], 0, stepping, arguments[i]);
            }
            for (long i = 0; i < n; i++) {
                void *result;
                pthread_join(threads[i], &result);
                wrong += (long)result;
            }
            printf("%ld\n", wrong);
        } else if (strcmp(name_of, "block") == 0) {
            if (pipe(pipes) != 0) {
                return 1;
            }
            pthread_create(&blocked, 0, blocking, (void *)(long)pipes[0]);
            printf("blocking\n");
        } else if (strcmp(name_of, "unblock") == 0) {
            void *result;
            char c = (char)n;
            if (write(pipes[1], &c, 1) != 1) {
                return 1;
            }
            pthread_join(blocked, &result);
            printf("%ld\n", (long)result);
        } else if (strcmp(name_of, "cancel") == 0) {
            void *result;
            pthread_cancel(blocked);
            pthread_join(blocked, &result);
            printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
        } else {
            printf("what?\n");
        }
        fflush(stdout);
    }
    return 0;
}
