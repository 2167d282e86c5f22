/*
 * A library in which threads stay for as long as they are told to. VERSION tells one build from another, and NAME(f) is
 * what f is called in it.
 */
#ifndef VERSION
#define VERSION 1
#define NAME(f) f
#endif

/* What a thread is told and what it says, and what else it can do; see seats_main.c. */
int next(void *seat);
void say(void *seat, int value);
void other(void *seat, int command);
int version(void);
int hold(void *seat);
int steady(int rounds);

int NAME(version)(void)
{
    return VERSION;
}

/* How often version() was not that of this function. */
int NAME(steady)(int rounds)
{
    int wrong = 0;

    while (rounds-- > 0) {
        wrong += version() != VERSION;
    }
    return wrong;
}

/* Says which version it is, does what it is told, and returns when it is told to leave. */
int NAME(hold)(void *seat)
{
    int command;

    say(seat, VERSION);
    while ((command = next(seat)) != 'l') {
        switch (command) {
        case 'v':
            say(seat, version());
            break;
        case 'h':
            say(seat, hold(seat));
            break;
        default:
            other(seat, command);
        }
    }
    return 0;
}
