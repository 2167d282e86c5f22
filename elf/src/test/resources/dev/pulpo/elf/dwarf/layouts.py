"""Run by gdb: prints the layout of types, one member a line."""
import gdb

for name in NAMES:
    layout = gdb.lookup_type(name).strip_typedefs()
    print("type", layout.sizeof, name)
    for field in layout.fields():
        if hasattr(field, "bitpos"):
            width = field.bitsize if field.bitsize else field.type.sizeof * 8
            print("member", field.bitpos, width, int(field.bitsize != 0), field.name if field.name and not
                  field.is_base_class else "-")
