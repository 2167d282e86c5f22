# Says what gdb sees of the threads of a stopped process, again and again: a line "PID" asks, a line "end" follows the answer.
import sys
import gdb

REGISTERS = ("rsp", "rbx", "rbp", "r12", "r13", "r14", "r15")

for setting in ("pagination off", "confirm off", "debuginfod enabled off", "print thread-events off",
                "auto-load libthread-db off", "auto-load python-scripts off", "print demangle off",
                "backtrace past-main on", "backtrace past-entry on", "backtrace limit unlimited",
                "breakpoint always-inserted off"):
    gdb.execute("set " + setting, to_string=True)


def value(frame, name):
    try:
        found = frame.read_register(name)
        if found.is_optimized_out:
            return "-"
        return "%x" % (int(found) & 0xffffffffffffffff)
    except (gdb.error, gdb.MemoryError):
        return "-"


def show(thread):
    thread.switch()
    print("thread %d" % thread.ptid[1])
    frame = gdb.newest_frame()
    last = frame
    while frame is not None:
        kind = frame.type()
        # Frames that were left by a jump are not on the stack: gdb concludes that they were.
        if kind != gdb.TAILCALL_FRAME and kind != gdb.INLINE_FRAME:
            signal = "signal" if kind == gdb.SIGTRAMP_FRAME else "normal"
            print("frame %x %s %s %s" % (frame.pc(), signal, " ".join(value(frame, name) for name in REGISTERS),
                                         (frame.name() or "-").replace(" ", "")))
        last = frame
        try:
            frame = frame.older()
        except gdb.error as failure:
            print("stop %s" % failure)
            return
    print("stop %s" % gdb.frame_stop_reason_string(last.unwind_stop_reason()))


print("ready", flush=True)
for line in sys.stdin:
    try:
        gdb.execute("attach " + line.strip(), to_string=True)
        try:
            for thread in gdb.selected_inferior().threads():
                show(thread)
        finally:
            gdb.execute("detach", to_string=True)
    except gdb.error as failure:
        print("failed %s" % failure)
    print("end", flush=True)
