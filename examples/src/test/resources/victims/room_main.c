/* Obeys lines: answer; enter, and a thread is in the library; leave. The main thread is there only to answer. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

int answer(void);
int stay(volatile int *);

static volatile int leave, inside;
static pthread_t visitor;

static void *visit(void *unused)
{
    inside = 1;
    stay(&leave);
    return unused;
}

int main(void)
{
    static char line[80];

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        switch (line[0]) {
        case 'e':
            pthread_create(&visitor, NULL, visit, NULL);
            while (!inside) {
                sched_yield();
            }
            puts("in");
            break;
        case 'l':
            leave = 1;
            pthread_join(visitor, NULL);
            puts("out");
            break;
        default:
            printf("%d\n", answer());
        }
    }
    return 0;
}
