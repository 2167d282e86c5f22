/* Two builds of C++ that throws, catches and cleans up; with -DFIXED the fix is in. */
#include <stdexcept>
#include <string>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>
struct Shape { virtual ~Shape() {} virtual int area() const = 0; };
struct Square : Shape { int a; explicit Square(int a) : a(a) {} int area() const override { return a * a; } };
struct Own : std::runtime_error { using std::runtime_error::runtime_error; };
namespace { int thrown; struct Guard { ~Guard() { thrown += 100; } }; }
extern "C" __attribute__((noinline)) int thrower(int a) {
    Guard guard;
    if (a % 3 == 0) throw Own("own");
    if (a % 3 == 1) throw std::string("text");
    std::unique_ptr<Shape> s(new Square(a));
#ifdef FIXED
    thrown++;
    return s->area() + 1;
#else
    return s->area();
#endif
}
extern "C" __attribute__((noinline)) const char *catcher(int a) {
    static char out[100];
    try {
#ifdef FIXED
        std::vector<int> v(a == 5 ? 2 : a + 1, 3);
        if (a == 8) throw std::string("eight");
        snprintf(out, sizeof out, "fixed %d %d %d", thrower(a), thrown, v.at(a));
#else
        snprintf(out, sizeof out, "old %d %d", thrower(a), thrown);
#endif
    } catch (const Own &e) {
#ifdef FIXED
        snprintf(out, sizeof out, "fixed own %s %d", e.what(), thrown);
#else
        snprintf(out, sizeof out, "old own %s %d", e.what(), thrown);
#endif
    } catch (const std::string &t) {
        snprintf(out, sizeof out, "%s %d", t.c_str(), thrown);
#ifdef FIXED
    } catch (const std::out_of_range &) {
        snprintf(out, sizeof out, "fixed range %d", thrown);
#endif
    }
    return out;
}
int main()
{
    char line[100];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin))
        puts(catcher(atoi(line)));
}
