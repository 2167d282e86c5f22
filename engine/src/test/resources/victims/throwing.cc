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

// Both begin with a call, and more than the call is overwritten. Of the second one that is where exceptions land.
__asm__(".text\n"
        ".globl calls_at_once\n.type calls_at_once, @function\ncalls_at_once:\n.cfi_startproc\n"
        "  call *%rdi\n  mov $7, %eax\n  ret\n.cfi_endproc\n.size calls_at_once, .-calls_at_once\n"
        ".globl lands_at_once\n.type lands_at_once, @function\nlands_at_once:\n.cfi_startproc\n"
        ".cfi_personality 0x9b, DW.ref.__gxx_personality_v0\n.cfi_lsda 0x1b, lands_lsda\n"
        "  call *%rdi\nlands_pad:\n  mov $7, %eax\n  ret\n.cfi_endproc\n.size lands_at_once, .-lands_at_once\n"
        ".section .gcc_except_table, \"a\", @progbits\nlands_lsda: .byte 0xff, 0xff, 0x01\n"
        "  .uleb128 lands_end - lands_sites\nlands_sites: .uleb128 0\n  .uleb128 2\n"
        "  .uleb128 lands_pad - lands_at_once\n  .uleb128 0\nlands_end:\n.text\n");
