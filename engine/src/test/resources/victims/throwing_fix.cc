// A patch for throwing.cc: one function throws something else, through another new one that has something to clean up.
#include <stdexcept>
#include <string>

static int cleaned;

struct Cleaner {
    ~Cleaner() { cleaned++; }
};

extern "C" void new_thrower(int what)
{
    throw std::runtime_error("new " + std::to_string(what + cleaned));
}

extern "C" void new_passer(void (*next)(int))
{
    Cleaner cleaner;
    try {
        next(2);
    } catch (const std::logic_error &) {
        cleaned = 100;
    }
}
