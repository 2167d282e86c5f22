// Asks the server of its host again and again until SIGTERM, and then says how often, and how often it got no whole answer.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

static int ask(const struct sockaddr_in *address)
{
    char line[64];
    size_t length = 0;
    ssize_t got;
    int server = socket(AF_INET, SOCK_STREAM, 0);

    if (server < 0)
        return 0;
    if (connect(server, (const struct sockaddr *)address, sizeof *address)) {
        close(server);
        return 0;
    }
    while (length < sizeof line && (got = read(server, line + length, sizeof line - length)) > 0)
        length += (size_t)got;
    close(server);
    return length > 1 && line[length - 1] == '\n'
        && (!strncmp(line, "version 1\n", length) || !strncmp(line, "version 2\n", length)
            || !strncmp(line, "broken\n", length));
}

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sigaction action = {.sa_handler = end};
    long asked = 0;
    long lost = 0;

    if (count != 2 || sigaction(SIGTERM, &action, NULL))
        return 2;
    address.sin_port = htons((unsigned short)atoi(arguments[1]));
    while (!ended) {
        int whole = ask(&address);

        if (!whole && ended)
            break;
        asked++;
        lost += !whole;
        usleep(20000);
    }
    printf("%ld %ld\n", asked, lost);
    return 0;
}
