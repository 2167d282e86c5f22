// What throws and what catches are in different builds.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
__attribute__((noinline)) int parsed(const char *text)
{
    int x = std::atoi(text);
#ifdef FIXED
    if (x < 0 || x > 100)
#else
    if (x < 0 || x > 1000)
#endif
        throw std::length_error("long");
    return x;
}
__attribute__((noinline)) int halved(int x)
{
    // Compilers that see that a function does not throw leave out what would catch.
    if (x > 5000)
        throw std::length_error("large");
    return x / 2;
}
int main()
{
    char line[100];
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("ready\n");
    while (std::fgets(line, sizeof line, stdin) != nullptr) {
        try {
            std::printf("%d\n", halved(parsed(line)));
        } catch (const std::exception &failure) {
            std::printf("failed: %s\n", failure.what());
        }
    }
}
