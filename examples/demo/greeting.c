/* A library that is prepared for live patching: see build.sh for the option. */
#include "greeting.h"

#include <string.h>
#include <unistd.h>

const char *greeting(void)
{
    return "hello from version 1";
}

/* Answers requests until the connection ends: a thread that serves is inside this function all the time. */
void serve(int connection)
{
    char request;

    while (read(connection, &request, 1) == 1) {
        char reply[64] = {0};
        strncpy(reply, greeting(), sizeof reply - 1);
        if (write(connection, reply, sizeof reply) != sizeof reply) {
            return;
        }
    }
}
