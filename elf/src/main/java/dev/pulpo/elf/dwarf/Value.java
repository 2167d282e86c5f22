package dev.pulpo.elf.dwarf;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Collectors;

/** The value of a variable, by its type. {@link Object#toString} writes it as debuggers do. */
public sealed interface Value {
    /** An integer. */
    record Whole(BigInteger number) implements Value {
        @Override
        public String toString() {
            return number.toString();
        }
    }

    /** A Boolean value. */
    record Truth(boolean truth) implements Value {
        @Override
        public String toString() {
            return Boolean.toString(truth);
        }
    }

    /** A character: {@code 97 'a'}. */
    record Letter(int code) implements Value {
        @Override
        public String toString() {
            return code + " '" + Quoted.letter(code) + "'";
        }
    }

    /**
     * A floating-point number.
     *
     * @param text   the digits that distinguish it from other numbers of its type
     * @param number the nearest {@code double}
     */
    record Floating(String text, double number) implements Value {
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A constant of an enumeration. The name is empty if no constant has the value; if the constants are flags, it lists
     * those whose bits are set: {@code (READ | WRITE)}.
     */
    record Constant(String name, BigInteger number) implements Value {
        @Override
        public String toString() {
            return name.isEmpty() ? number.toString() : name;
        }
    }

    /**
     * A pointer.
     *
     * @param toCode whether it points to a function, by its type
     */
    record Pointer(long address, boolean toCode) implements Value {
        @Override
        public String toString() {
            return "0x" + Long.toHexString(address);
        }
    }

    /** A reference, with the address of its object. */
    record Reference(long address) implements Value {
        @Override
        public String toString() {
            return "@0x" + Long.toHexString(address);
        }
    }

    /**
     * A pointer to characters, with the characters.
     *
     * @param characters up to the NUL, or to the limit of reading
     * @param whole      whether the NUL follows
     */
    record Text(long address, ByteBuffer characters, boolean whole) implements Value {
        @Override
        public String toString() {
            return "0x" + Long.toHexString(address) + " " + Quoted.text(characters) + (whole ? "" : "...");
        }
    }

    /**
     * An array of characters.
     *
     * @param characters the first of them
     * @param length     how many there are
     */
    record Characters(ByteBuffer characters, long length) implements Value {
        @Override
        public String toString() {
            return Quoted.text(Quoted.withoutNuls(characters)) + (characters.limit() < length ? "..." : "");
        }
    }

    /**
     * An array.
     *
     * @param elements the first of them
     * @param length   how many there are
     */
    record Array(List<Value> elements, long length) implements Value {
        public Array {
            elements = List.copyOf(elements);
        }

        @Override
        public String toString() {
            return elements.stream().map(Value::toString)
                    .collect(Collectors.joining(", ", "{", elements.size() < length ? "...}" : "}"));
        }
    }

    /** A structure, class or union. */
    record Structure(List<Field> fields) implements Value {
        public Structure {
            fields = List.copyOf(fields);
        }

        @Override
        public String toString() {
            return fields.stream().map(Field::toString).collect(Collectors.joining(", ", "{", "}"));
        }
    }

    /**
     * A member of a structure.
     *
     * @param name empty for anonymous members; of base classes, the name of the class in angle brackets
     */
    record Field(String name, Value value) {
        @Override
        public String toString() {
            return name.isEmpty() ? value.toString() : name + " = " + value;
        }
    }

    /** No value: the compiler has removed the variable, or this part of it, at this place. */
    record OptimisedOut() implements Value {
        @Override
        public String toString() {
            return "<optimised out>";
        }
    }

    /** The value cannot be determined. */
    record Unknown(String reason) implements Value {
        @Override
        public String toString() {
            return "<" + reason + ">";
        }
    }
}
