// What is caught is in no instruction, but in the table of exception handlers.
#include <stdexcept>
#include <new>
#define OWN static __attribute__((noinline))
OWN void thrower(int x)
{
    if (x == 1)
        throw std::runtime_error("one");
    if (x == 2)
        throw std::logic_error("two");
    if (x == 3)
        throw 3;
}
#ifdef FIXED
typedef std::logic_error caught;
#else
typedef std::runtime_error caught;
#endif
OWN int one(int x)
{
    try {
        thrower(x);
    } catch (const caught &) {
        return 10 + x;
    }
    return x;
}
OWN int all(int x)
{
    try {
        return one(x);
    } catch (int) {
        return 30;
    } catch (...) {
        return 20;
    }
}
extern "C" int answer(int x)
{
    return all(x);
}
