/*
 * Measures what a call costs: for each line, "lib" or "exe", it prints the nanoseconds per call of two functions there,
 * for each the least, the median and the most of many measurements, and then how many; the second one is there to be
 * patched. With "_prepared" it is one that was built to be; with " short" it measures fewer times. Time in which other
 * programs had the processor does not count.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "many.h"

#define CALLS 200000
#define TIMES 301
#define SHORT 21

long lib_plain(long);
long lib_patched(long);
long lib_prepared(long);
__attribute__((noinline)) long exe_plain(long x) BODY
__attribute__((noinline)) long exe_patched(long x) BODY
__attribute__((noinline, patchable_function_entry(16, 14))) long exe_prepared(long x) BODY

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double once(long (*f)(long))
{
    struct timespec begin, end;
    long x = 0;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (int j = 0; j < CALLS; j++) {
        x = f(x);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return x == CALLS ? ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / CALLS : 1e9;
}

/* Takes turns, so that whatever else the machine does meets both. */
static void measure(long (*plain)(long), long (*patched)(long), int count)
{
    static double times[2][TIMES];

    for (int i = 0; i < count; i++) {
        times[0][i] = once(plain);
        times[1][i] = once(patched);
    }
    for (int i = 0; i < 2; i++) {
        qsort(times[i], count, sizeof times[i][0], compare);
        printf("%.3f %.3f %.3f ", times[i][0], times[i][count / 2], times[i][count - 1]);
    }
    printf("%d\n", count);
}

int main(void)
{
    char line[64];

    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int lib = strncmp(line, "lib", 3) == 0;
        int count = strstr(line, " short") != NULL ? SHORT : TIMES;

        if (strstr(line, "_prepared") != NULL) {
            measure(lib ? lib_plain : exe_plain, lib ? lib_prepared : exe_prepared, count);
        } else {
            measure(lib ? lib_plain : exe_plain, lib ? lib_patched : exe_patched, count);
        }
        fflush(stdout);
    }
    return 0;
}
