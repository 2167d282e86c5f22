/* Threads that throw all the time: through several frames, within destructors and handlers, and through C code. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#define NOINLINE __attribute__((noinline, noclone))

static volatile int sink;

NOINLINE static int fail(int n)
{
    if (n >= 0)
        throw std::runtime_error("deep " + std::to_string(n));
    return n;
}

/* Throws and catches while another exception may be on its way. */
struct Quarrelsome {
    int n;
    explicit Quarrelsome(int depth) : n(depth) {}
    NOINLINE ~Quarrelsome()
    {
        try {
            sink += fail(n);
        } catch (const std::exception &e) {
            sink += e.what()[0];
        }
    }
};

NOINLINE static int deep(int n)
{
    Quarrelsome quarrelsome(n);
    if (n == 0)
        return fail(n) + quarrelsome.n;
    return deep(n - 1) + 1;
}

NOINLINE static int caught_again(int n)
{
    try {
        return deep(n);
    } catch (const std::runtime_error &) {
        try {
            return deep(n / 2);
        } catch (const std::exception &e) {
            sink += e.what()[1];
            throw std::logic_error(e.what());
        }
    }
}

static int compare(const void *a, const void *b)
{
    int difference = *static_cast<const int *>(a) - *static_cast<const int *>(b);
    if (difference == 17)
        fail(difference);
    return difference;
}

NOINLINE static void sorting(int n)
{
    int numbers[40];
    for (int i = 0; i < 40; i++)
        numbers[i] = (i * 7919 + n) % 41;
    qsort(numbers, 40, sizeof numbers[0], compare);
    sink += numbers[0];
}

struct Shape {
    virtual ~Shape() {}
    virtual int area(int n) = 0;
};

struct Realigned : Shape {
    NOINLINE int area(int n) override
    {
        alignas(64) volatile char room[64];
        char *more = static_cast<char *>(__builtin_alloca(16 + n % 200));
        room[n % 64] = static_cast<char>(n);
        more[0] = room[n % 64];
        std::function<int(int)> again = [&](int k) { return k == 0 ? fail(more[0] & 1) : again(k - 1) + 1; };
        return again(n % 5);
    }
};

NOINLINE static void strings(int n)
{
    std::map<std::string, int> counts;
    for (int i = 0; i < 20; i++) {
        std::ostringstream text;
        text << "key " << n << ' ' << i * 1.5;
        counts[text.str()] = i;
    }
    std::vector<std::string> keys;
    for (const auto &each : counts)
        keys.push_back(each.first);
    std::sort(keys.begin(), keys.end(), [](const std::string &a, const std::string &b) { return a > b; });
    if (std::stoi(keys[0].substr(4)) != n)
        abort();
}

static void work(int number)
{
    Realigned realigned;
    Shape &shape = realigned;
    for (int n = 0;; n++)
        try {
            switch ((number + n) % 4) {
            case 0: sink += caught_again(n % 6); break;
            case 1: sorting(n); break;
            case 2: sink += shape.area(n % 1000); break;
            default: strings(n); break;
            }
        } catch (const std::exception &) {
            sink++;
        }
}

int main()
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back(work, i);
    puts("ready");
    fflush(stdout);
    work(1);
}
