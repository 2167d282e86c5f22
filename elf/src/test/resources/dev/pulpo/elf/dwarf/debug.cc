// One of everything that a C++ compiler describes.
#include <string>
#include <vector>

namespace space {
struct base {
    virtual ~base() = default;
    virtual int value() const;
    int in_base = 1;
};

namespace inner {
template <typename T> class derived : public base {
public:
    explicit derived(T t) : stored(t) {}
    int value() const override;
    static int counter;

private:
    T stored;
    std::string text;
    bool flag : 1;
    bool other : 2;
};
template <typename T> int derived<T>::counter = 3;
template <typename T> int derived<T>::value() const { return static_cast<int>(stored) + counter; }
template class derived<long>;
} // namespace inner

int base::value() const { return in_base; }

static int overloaded(int a) { return a + 1; }
static int overloaded(double a) { return static_cast<int>(a) * 2; }
int (*volatile choose)(int) = overloaded;
int (*volatile choose_other)(double) = overloaded;
} // namespace space

int main(int argc, char **)
{
    space::inner::derived<long> object(argc);
    std::vector<int> numbers(argc, 4);
    return object.value() + space::choose(argc) + space::choose_other(numbers[0]);
}
