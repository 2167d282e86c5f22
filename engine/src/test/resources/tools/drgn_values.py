"""Says what drgn knows of expressions: drgn_values.py PID, one expression of C a line; answers in the same order.

An answer is a number, the bits of a double, the bytes of a text, {name=value, ...} or [value, ...], as DrgnTest writes the
values of Pulpo, too; or "error: ..." with drgn's reason.
"""
import re
import struct
import sys

import drgn
from drgn import TypeKind

SOURCES = ["data.c", "data_other.c", "data.h"]


def plain(type_):
    while type_.kind == TypeKind.TYPEDEF:
        type_ = type_.type
    return type_


def fields(obj, type_):
    for member in type_.members:
        if member.name is None:
            anonymous = drgn.Object(obj.prog_, member.type, address=obj.address_ + member.offset)
            yield from fields(anonymous, plain(member.type))
        else:
            yield member.name + "=" + written(obj.member_(member.name))


def is_letter(type_):
    return type_.kind == TypeKind.INT and type_.size == 1


def written(obj):
    type_ = plain(obj.type_)
    if type_.kind in (TypeKind.STRUCT, TypeKind.UNION, TypeKind.CLASS):
        return "{" + ", ".join(fields(obj, type_)) + "}"
    if type_.kind == TypeKind.ARRAY:
        if is_letter(plain(type_.type)):
            data = obj.prog_.read(obj.address_, type_.length)
            return "text " + data.rstrip(b"\0").hex()
        return "[" + ", ".join(written(obj[i]) for i in range(type_.length)) + "]"
    if type_.kind == TypeKind.POINTER:
        text = hex(obj.value_())
        if is_letter(plain(type_.type)) and obj.value_() != 0:
            text += " text " + obj.string_().hex()
        return text
    if type_.kind == TypeKind.ENUM:
        number = obj.value_()
        names = [each.name for each in type_.enumerators if each.value == number]
        return " ".join([str(number)] + names[:1])
    if type_.kind == TypeKind.FLOAT:
        return "double " + struct.pack(">d", obj.value_()).hex()
    if type_.kind == TypeKind.BOOL:
        return str(obj.value_()).lower()
    return str(obj.value_())


def variable(prog, name, files):
    """In these files alone: libraries with debug information may have variables of the same name."""
    for file in files[:-1]:
        try:
            return prog.variable(name, file)
        except LookupError:
            pass
    return prog.variable(name, files[-1])


def found(prog, expression):
    stars = len(expression) - len(expression.lstrip("*"))
    inner = expression[stars:]
    grouped = re.fullmatch(r"\(([^()]*)\)(.*)", inner)
    if grouped:
        obj, rest = found(prog, grouped.group(1)), grouped.group(2)
    else:
        where, name, rest = re.fullmatch(r"(?:([\w.]+\.c):)?(\w+)(.*)", inner).groups()
        obj = variable(prog, name, [where] if where else SOURCES)
    for step in re.finditer(r"(?:\.|->)(\w+)|\[(\d+)\]", rest):
        obj = obj.member_(step.group(1)) if step.group(1) else obj[int(step.group(2))]
    for _ in range(stars):
        obj = obj[0]
    return obj


def main():
    prog = drgn.Program()
    prog.set_pid(int(sys.argv[1]))
    try:
        prog.load_debug_info(default=True)
    except drgn.MissingDebugInfoError:
        # Of libraries; that of the program shows in the answers.
        pass
    for line in sys.stdin:
        try:
            answer = written(found(prog, line.rstrip("\n")))
        except Exception as reason:
            answer = "error: " + type(reason).__name__ + ": " + str(reason).replace("\n", " ")
        print(answer, flush=True)


main()
