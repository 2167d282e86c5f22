/* Gives what is in the patch itself. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STRING, CALLBACK, SLEEP, AT_EXIT, HANDLER, TIMER };

static volatile int counter;
const char *volatile name = NAME;

static int callback(int value) { return value + 1 + counter; }
static void at_exit(void) { counter++; }
static void handler(int signal) { counter += signal; }

void *fixed(int what, void *argument)
{
    switch (what) {
    case STRING:
        return "given by the patch";
    case CALLBACK:
        return (void *)callback;
    case SLEEP:
        ((void (*)(void))argument)();
        return "woken in the patch";
    case AT_EXIT:
        atexit(at_exit);
        return NULL;
    case HANDLER: {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = handler;
        sigaction(SIGUSR2, &action, NULL);
        return NULL;
    }
    case TIMER: {
        struct sigevent event;
        timer_t timer;
        memset(&event, 0, sizeof event);
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGURG;
        event.sigev_value.sival_ptr = (void *)&counter;
        timer_create(CLOCK_MONOTONIC, &event, &timer);
        return NULL;
    }
    default:
        return NULL;
    }
}
