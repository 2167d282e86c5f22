package dev.pulpo.elf.dwarf;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Collectors;

/** What a variable holds, by its type. {@link Object#toString} writes it as debuggers do. */
public sealed interface Value {
    /** An integer, or a truth value. */
    record Whole(BigInteger number) implements Value {
        @Override
        public String toString() {
            return number.toString();
        }
    }

    /** A truth value. */
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
     * @param text   as many digits as tell it from others of its type
     * @param number the same, as near as a {@code double} comes to it
     */
    record Floating(String text, double number) implements Value {
        @Override
        public String toString() {
            return text;
        }
    }

    /** A constant of an enumeration; the name is empty where it is none of them. */
    record Constant(String name, BigInteger number) implements Value {
        @Override
        public String toString() {
            return name.isEmpty() ? number.toString() : name;
        }
    }

    /** A pointer. */
    record Pointer(long address) implements Value {
        @Override
        public String toString() {
            return "0x" + Long.toHexString(address);
        }
    }

    /** A reference: where what it refers to is. */
    record Reference(long address) implements Value {
        @Override
        public String toString() {
            return "@0x" + Long.toHexString(address);
        }
    }

    /**
     * A pointer to characters, with those that are there.
     *
     * @param characters up to the NUL, or to as many as are read
     * @param whole      whether the NUL comes behind them
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
     * @param name empty for base classes and anonymous members
     */
    record Field(String name, Value value) {
        @Override
        public String toString() {
            return name.isEmpty() ? value.toString() : name + " = " + value;
        }
    }

    /** None: the compiler has done away with the variable, or with this part of it, at this place. */
    record OptimisedOut() implements Value {
        @Override
        public String toString() {
            return "<optimised out>";
        }
    }

    /** It has one, which cannot be known. */
    record Unknown(String reason) implements Value {
        @Override
        public String toString() {
            return "<" + reason + ">";
        }
    }
}
