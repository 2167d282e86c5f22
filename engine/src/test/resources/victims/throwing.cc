// A library whose functions throw, and let others throw through them; all that leaves it is a number.
#include <stdexcept>
#include <string>

struct Witness {
    int &count;
    ~Witness() { count++; }
};

static int destroyed;

extern "C" __attribute__((noipa)) void thrower(int what)
{
    throw std::runtime_error("old " + std::to_string(what));
}

extern "C" __attribute__((noipa)) void passer(void (*next)(int))
{
    Witness witness{destroyed};
    next(1);
}

extern "C" int call_thrower(void)
{
    destroyed = 0;
    try {
        passer(thrower);
    } catch (const std::runtime_error &e) {
        return destroyed * 1000 + (std::string(e.what()) == "old 1" ? 1 : 2);
    }
    return 0;
}
