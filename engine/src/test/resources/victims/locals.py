# Prints parameters and variables of the frames of all threads, for comparison.
import gdb

MOST = 200


def canonical(value, depth=0):
    try:
        kind = value.type.strip_typedefs()
        if depth > 20:
            return "error"
        if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            return "{%s}" % " ".join("%s=%s" % (field.name or "", canonical(value[field], depth + 1))
                                     for field in kind.fields() if hasattr(field, "bitpos"))
        if kind.code == gdb.TYPE_CODE_ARRAY:
            low, high = kind.range()
            return "[%s]" % " ".join(canonical(value[i], depth + 1) for i in range(low, min(high + 1, low + MOST)))
        if value.is_optimized_out:
            return "gone"
        if kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_ENUM,
                         gdb.TYPE_CODE_FLAGS):
            return "%d" % int(value)
        if kind.code == gdb.TYPE_CODE_FLT:
            return repr(float(value))
        if kind.code == gdb.TYPE_CODE_PTR:
            address = int(value)
            target = kind.target().strip_typedefs()
            if target.sizeof == 1 and target.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR):
                text = b""
                memory = gdb.selected_inferior()
                try:
                    while len(text) < MOST:
                        byte = bytes(memory.read_memory(address + len(text), 1))
                        if byte == b"\0":
                            break
                        text += byte
                except gdb.MemoryError:
                    if not text:
                        return "0x%x" % address
                return "0x%x'%s'" % (address, text.hex())
            return "0x%x" % address
        return str(value).replace("\n", " ")
    except gdb.error as error:
        return "gone" if "optimized out" in str(error) else "error"


def variables(frame):
    try:
        block = frame.block()
    except RuntimeError:
        return
    while block is not None and not block.is_global and not block.is_static:
        for symbol in block:
            if (symbol.is_variable or symbol.is_argument or symbol.is_constant) and symbol.symtab is not None:
                try:
                    value = symbol.value(frame)
                    if value.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY:
                        # Only so does an array that is as long as the program says have its length.
                        value = gdb.parse_and_eval(symbol.name)
                    value = canonical(value)
                except gdb.error as error:
                    value = "gone" if "optimized out" in str(error) else "error"
                print("variable %s %s" % (symbol.print_name, value))
        if block.function is not None:
            break
        block = block.superblock


for thread in gdb.selected_inferior().threads():
    thread.switch()
    print("thread %d" % thread.ptid[1])
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() != gdb.TAILCALL_FRAME:
            frame.select()
            print("frame 0x%x %s" % (frame.pc(), frame.name() or "-"))
            variables(frame)
        frame = frame.older()
