/*
 * Many small processes, which end when their parent does:
 *
 *     crowd N
 *
 * It prints "ready" and obeys lines: ask, how many answer what; pid I; linger I, which goes into the function and stays
 * there until leave I; end I. The children are called crowd-member.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1000 };

static pid_t pids[MOST];
static int questions[MOST];
static int answers[MOST];

__attribute__((noipa)) int answer(int in, char what)
{
    /* Whoever is asked to linger waits here for another byte. */
    if (what == 'l' && read(in, &what, 1) != 1) {
        return 0;
    }
    return 1;
}

static void be_member(int in, int out)
{
    char what;

    prctl(PR_SET_NAME, "crowd-member");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(in, &what, 1) == 1) {
        char value = (char)answer(in, what);

        if (write(out, &value, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

static int start(int i)
{
    int to[2], from[2];

    if (pipe(to) != 0 || pipe(from) != 0 || (pids[i] = fork()) < 0) {
        return 1;
    }
    if (pids[i] == 0) {
        close(to[1]);
        be_member(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    questions[i] = to[1];
    answers[i] = from[0];
    return 0;
}

static int say(int i, char what)
{
    return write(questions[i], &what, 1) == 1;
}

static int hear(int i)
{
    char value = -1;

    return read(answers[i], &value, 1) == 1 ? value : -1;
}

static void ask(int count, const char *lingering)
{
    int said[3] = {0, 0, 0};

    for (int i = 0; i < count; i++) {
        if (pids[i] != 0 && !lingering[i] && say(i, 'a')) {
            int value = hear(i);
            said[value == 1 || value == 2 ? value : 0]++;
        }
    }
    printf("old %d, new %d, other %d\n", said[1], said[2], said[0]);
}

int main(int argc, char **argv)
{
    static char line[80], lingering[MOST];
    int count = argc > 1 ? atoi(argv[1]) : 1;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < count && i < MOST; i++) {
        if (start(i) != 0) {
            return 1;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *space = strchr(line, ' ');
        int i = space == NULL ? 0 : atoi(space);

        if (strncmp(line, "ask", 3) == 0) {
            ask(count, lingering);
        } else if (strncmp(line, "pid", 3) == 0) {
            printf("%d\n", (int)pids[i]);
        } else if (strncmp(line, "linger", 6) == 0) {
            lingering[i] = 1;
            puts(say(i, 'l') ? "in" : "gone");
        } else if (strncmp(line, "leave", 5) == 0) {
            lingering[i] = 0;
            say(i, 'x');
            printf("%d\n", hear(i));
        } else {
            puts("what?");
        }
    }
    return 0;
}
