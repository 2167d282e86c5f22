// Answers each connection with one line. Ends with its parent.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *version(void);

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;

    if (count != 2)
        return 2;
    address.sin_port = htons((unsigned short)atoi(arguments[1]));
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes)
        || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64)) {
        perror("server");
        return 1;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        char line[64];
        int length;

        if (client < 0)
            continue;
        length = snprintf(line, sizeof line, "%s\n", version());
        if (write(client, line, (size_t)length) != length)
            perror("server");
        close(client);
    }
}
