/* Functions of one name, which differ by their parameters. */
#include <cstdio>
#include <cstdlib>
#ifdef FIXED
#define MORE + 1
#else
#define MORE
#endif
namespace shop {
__attribute__((noinline)) long price(int item) { return item * 10L MORE; }
__attribute__((noinline)) long price(int item, const char *coupon) { return item * 9L - coupon[0] MORE; }
__attribute__((noinline)) long stock(int item) { return item * 3L MORE; }
}
int main()
{
    char line[100];
    setvbuf(stdout, nullptr, _IOLBF, 0);
    printf("ready\n");
    while (fgets(line, sizeof line, stdin) != nullptr) {
        int item = atoi(line);
        printf("%ld %ld %ld\n", shop::price(item), shop::price(item, "A"), shop::stock(item));
    }
    return 0;
}
