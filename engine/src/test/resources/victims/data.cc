/* Data of C++: classes with bases, references, namespaces. Waits for the end of its input. */
#include <cstdio>

namespace net {
int listeners = 3;
namespace { int hidden_count = 4; }
struct Address { int port; bool operator==(const Address &other) const { return port == other.port; } };
class Base {
public:
    virtual ~Base() {}
    int base_number = 1;
    int both = 2;
};
class Other { public: long other_number = 5; };
class Derived : public Base, public Other {
public:
    static int instances;
    int own = 3;
    int both = 4;
    Address address{8080};
    int &reference = own;
    const Address &where = address;
};
int Derived::instances = 9;
struct Top { virtual ~Top() {} int top = 6; };
struct Left : virtual Top { int left = 7; };
struct Right : virtual Top { int right = 8; };
struct Bottom : Left, Right { int bottom = 9; };
enum class Mode : unsigned char { OFF, ON = 3 };
template <typename T> struct Box { T content; Box *next; };
}

int listeners = 30;
net::Derived object;
net::Bottom diamond;
net::Derived *pointer = &object;
net::Derived &alias = object;
net::Mode mode = net::Mode::ON;
net::Box<double> box = {2.5, &box};
int net::Derived::*member = &net::Derived::own;
void (*callback)(int) = nullptr;
bool flags[3] = {true, false, true};
char16_t wide_letter = u'x';

int main()
{
    std::printf("ready\n");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return listeners + net::hidden_count + net::listeners == 37 ? 0 : 1;
}
