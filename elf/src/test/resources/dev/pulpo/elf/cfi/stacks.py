"""Run by gdb: writes down what it finds on every stack of stacks.c, and the memory it found it in."""
import gdb
import os

GENERAL = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
           "r15", "rip"]
PRESERVED = ["rip", "rsp", "rbx", "rbp", "r12", "r13", "r14", "r15"]
MOST = 16 << 20


def value(frame, register):
    found = frame.read_register(register)
    return "-" if found.is_optimized_out else "%x" % (int(found) & (1 << 64) - 1)


def write_threads(out):
    for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
        thread.switch()
        frame = gdb.newest_frame()
        print("thread", thread.num, *[value(frame, r) for r in GENERAL], file=out)
        while frame is not None:
            if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
                print("frame", frame.name() or "?", *[value(frame, r) for r in PRESERVED], file=out)
            frame = frame.older()


def write_memory(directory):
    inferior = gdb.selected_inferior()
    with open("/proc/%d/maps" % inferior.pid) as maps:
        lines = list(maps)
    with open(os.path.join(directory, "maps"), "w") as out:
        out.writelines(lines)
    for line in lines:
        fields = line.split()
        start, end = (int(x, 16) for x in fields[0].split("-"))
        if ("w" in fields[1] and end - start <= MOST) or "[vdso]" in line:
            with open(os.path.join(directory, "%x" % start), "wb") as out:
                out.write(inferior.read_memory(start, end - start))


def snapshot(directory):
    os.mkdir(directory)
    main = gdb.selected_thread()
    with open(os.path.join(directory, "threads"), "w") as out:
        write_threads(out)
    write_memory(directory)
    main.switch()


for command in ["set pagination off", "set confirm off", "set debuginfod enabled off", "set backtrace past-main on",
                "set backtrace past-entry on", "handle SIGSEGV SIGUSR1 nostop noprint pass", "break main", "run",
                "tbreak *'getppid@plt'", "continue"]:
    gdb.execute(command)
snapshot("before-plt")
gdb.execute("set scheduler-locking on")
gdb.execute("stepi")
snapshot("in-plt")
gdb.execute("stepi")
snapshot("later-in-plt")
gdb.execute("kill")
