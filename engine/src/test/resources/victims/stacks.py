# Prints the frames of all threads, for comparison.
import gdb

for thread in gdb.selected_inferior().threads():
    thread.switch()
    print("thread %d" % thread.ptid[1])
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() == gdb.TAILCALL_FRAME:
            # Not on the stack; gdb guesses that it was.
            frame = frame.older()
            continue
        line = frame.find_sal()
        kind = "signal" if frame.type() == gdb.SIGTRAMP_FRAME else "inlined" if frame.type() == gdb.INLINE_FRAME else "normal"
        place = "%s:%d" % (line.symtab.filename.split("/")[-1], line.line) if line.symtab else "-"
        print("frame 0x%x %s %s %s" % (frame.pc(), kind, frame.name() or "-", place))
        frame = frame.older()
