// A program whose functions take and return in every way that a probe has to leave alone. It obeys lines, and prints results.
#include <cerrno>
#include <csetjmp>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <emmintrin.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FUNCTION extern "C" __attribute__((noinline, used, visibility("default")))
#define BODY __asm__ volatile("" ::: "memory")

struct big {
    long words[7];
};

static jmp_buf back;
static volatile int flag;

FUNCTION long add(long a, long b)
{
    BODY;
    return a + b;
}

FUNCTION long tail(long a)
{
    BODY;
    return add(a, 1000);
}

/* It ends with a jump into the C library. */
FUNCTION long onwards(const char *digits)
{
    BODY;
    return atol(digits);
}

static __attribute__((noinline, cold)) long rare(long a)
{
    BODY;
    return 7 * a;
}

/* Compilers put what is rare elsewhere; there it reads the argument on the stack, too. */
FUNCTION long parted(long a, long b, long c, long d, long e, long f, long g)
{
    BODY;
    if (a < 0) {
        long sum = rare(a) + rare(b + c + d + e + f);
        return sum + g;
    }
    return a + g;
}

FUNCTION int recursive(int n)
{
    BODY;
    return n == 0 ? 0 : 1 + recursive(n - 1);
}

FUNCTION int throwing(int n)
{
    BODY;
    if (n == 0) {
        throw 7;
    }
    return throwing(n - 1) + 1;
}

FUNCTION int jumping(int n)
{
    BODY;
    if (n < 0) {
        return 0;
    }
    if (n == 0) {
        longjmp(back, 9);
    }
    return jumping(n - 1) + 1;
}

FUNCTION double variadic(int count, ...)
{
    BODY;
    va_list arguments;
    va_start(arguments, count);
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum = 2 * sum + va_arg(arguments, int);
        sum = 2 * sum + va_arg(arguments, double);
    }
    va_end(arguments);
    return sum;
}

FUNCTION __m128d vectors(__m128d a, __m128d b, __m128d c, __m128d d, __m128d e, __m128d f, __m128d g, __m128d h,
        __m128d onStack)
{
    BODY;
    return _mm_add_pd(_mm_sub_pd(_mm_mul_pd(a, b), _mm_mul_pd(c, d)),
            _mm_sub_pd(_mm_mul_pd(e, f), _mm_mul_pd(_mm_add_pd(g, h), onStack)));
}

FUNCTION struct big turned(struct big in, long a, long b, long c, long d, long e, long f, long g)
{
    BODY;
    struct big out;
    for (int i = 0; i < 7; i++) {
        out.words[i] = in.words[6 - i] * a + b - c + d - e + f * g;
    }
    return out;
}

FUNCTION void set(int value)
{
    BODY;
    flag = value;
}

FUNCTION int doubled(int n)
{
    BODY;
    return 2 * n;
}

FUNCTION int tripled(int n)
{
    BODY;
    return 3 * n;
}

extern "C" {
static __attribute__((noinline, used)) int hidden(int n)
{
    BODY;
    return n + 5;
}
}

FUNCTION void hello(void)
{
    BODY;
}

static int caught(void)
{
    try {
        return throwing(6);
    } catch (int thrown) {
        return 100 + thrown;
    }
}

static int jumped(void)
{
    int how = setjmp(back);
    return how == 0 ? jumping(6) : 200 + how;
}

static void everything(void)
{
    struct big in = {{1, 2, 3, 4, 5, 6, 7}};
    struct big out = turned(in, 3, 10, 4, 20, 6, 5, 7);
    __m128d v = vectors(_mm_set_pd(1, 2), _mm_set_pd(3, 4), _mm_set_pd(5, 6), _mm_set_pd(7, 8), _mm_set_pd(9, 10),
            _mm_set_pd(11, 12), _mm_set_pd(13, 14), _mm_set_pd(15, 16), _mm_set_pd(17, 18));
    printf("%ld %ld %ld ", onwards("17"), parted(1, 2, 3, 4, 5, 6, 7), parted(-1, 2, 3, 4, 5, 6, 7));
    printf("%ld %ld %d %d %d %.1f %.1f %.1f %ld %ld %d\n", add(3, 4), tail(5), recursive(40), caught(), jumped(),
            variadic(5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5), v[0], v[1], out.words[0], out.words[6], hidden(1));
}

static void *adding(void *rounds)
{
    for (long i = 0; i < (long)rounds; i++) {
        add(i, 1);
    }
    return (void *)syscall(SYS_gettid);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static int open_rounds = -1;

/* Says who it is, and adds when it is told to. */
static void *waiting(void *place)
{
    *(long *)place = syscall(SYS_gettid);
    pthread_mutex_lock(&gate);
    pthread_cond_broadcast(&opened);
    while (open_rounds < 0) {
        pthread_cond_wait(&opened, &gate);
    }
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < open_rounds; i++) {
        set(doubled(i));
        *(long *)place = add(i, 1) == -1 ? -1 : *(long *)place;
    }
    return 0;
}

static pthread_t parked[2];
static volatile long parked_ids[2];

int main(void)
{
    char line[256];
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        char name[64];
        long n = 0;
        long m = 0;
        sscanf(line, "%63s %ld %ld", name, &n, &m);
        if (strcmp(name, "all") == 0) {
            everything();
        } else if (strcmp(name, "add") == 0) {
            printf("%ld\n", add(n, 1));
        } else if (strcmp(name, "doubled") == 0) {
            printf("%d\n", doubled(n));
        } else if (strcmp(name, "tripled") == 0) {
            printf("%d\n", tripled(n));
        } else if (strcmp(name, "hidden") == 0) {
            printf("%d\n", hidden(n));
        } else if (strcmp(name, "set") == 0) {
            set(n);
            printf("%d\n", flag);
        } else if (strcmp(name, "pid") == 0) {
            printf("%d %d\n", getpid(), getpid() == syscall(SYS_getpid));
        } else if (strcmp(name, "open") == 0) {
            /* How many of so many opens failed, and why. */
            int failed = 0;
            int why = 0;
            for (int i = 0; i < n; i++) {
                errno = 0;
                int file = open("/dev/null", O_RDONLY);
                if (file < 0) {
                    failed++;
                    why = errno;
                } else {
                    close(file);
                }
            }
            printf("%d %d\n", failed, why);
        } else if (strcmp(name, "threads") == 0) {
            pthread_t *threads = (pthread_t *)calloc(n, sizeof *threads);
            for (int i = 0; i < n; i++) {
                pthread_create(&threads[i], 0, adding, (void *)m);
            }
            for (int i = 0; i < n; i++) {
                void *tid;
                pthread_join(threads[i], &tid);
                printf("%ld ", (long)tid);
            }
            printf("\n");
            free(threads);
        } else if (strcmp(name, "park") == 0) {
            parked_ids[0] = parked_ids[1] = 0;
            open_rounds = -1;
            for (int i = 0; i < 2; i++) {
                pthread_create(&parked[i], 0, waiting, (void *)&parked_ids[i]);
            }
            pthread_mutex_lock(&gate);
            while (parked_ids[0] == 0 || parked_ids[1] == 0) {
                pthread_cond_wait(&opened, &gate);
            }
            pthread_mutex_unlock(&gate);
            printf("%ld %ld\n", parked_ids[0], parked_ids[1]);
        } else if (strcmp(name, "unpark") == 0) {
            pthread_mutex_lock(&gate);
            open_rounds = n;
            pthread_cond_broadcast(&opened);
            pthread_mutex_unlock(&gate);
            pthread_join(parked[0], 0);
            pthread_join(parked[1], 0);
            printf("%ld %ld\n", parked_ids[0], parked_ids[1]);
        } else if (strcmp(name, "slept") == 0) {
            struct timespec before;
            struct timespec after;
            clock_gettime(CLOCK_MONOTONIC, &before);
            set(n);
            clock_gettime(CLOCK_MONOTONIC, &after);
            printf("%ld\n", (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000);
        } else {
            printf("what?\n");
        }
        fflush(stdout);
    }
    return 0;
}
