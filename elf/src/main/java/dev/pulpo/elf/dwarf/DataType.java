package dev.pulpo.elf.dwarf;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The type of an object of the program, without the typedefs and qualifiers around it. Other types that it is made of are
 * named by the numbers of their entries, because types may be circular.
 */
public sealed interface DataType {
    /** As in the source, with its typedefs and qualifiers. */
    String name();

    /** In bytes; empty if it has no size, or none that is known. */
    OptionalLong size();

    /** How the bytes of a base type are understood. */
    enum Encoding {
        INTEGER, BOOLEAN, CHARACTER, FLOATING, OTHER
    }

    /** A type of the language: a number, a character, a Boolean. */
    record Base(String name, OptionalLong size, Encoding encoding, boolean signed) implements DataType {}

    /**
     * A pointer, or a reference of C++.
     *
     * @param target the type that it points to; empty for {@code void}
     */
    record Pointer(String name, OptionalLong size, OptionalLong target, boolean reference) implements DataType {}

    /** An enumeration. */
    record Enumeration(String name, OptionalLong size, List<EnumLayout.Value> constants) implements DataType {
        public Enumeration {
            constants = List.copyOf(constants);
        }
    }

    /** A structure, class or union. */
    record Structure(String name, OptionalLong size, List<Member> members) implements DataType {
        public Structure {
            members = List.copyOf(members);
        }

        /** The member of a name. */
        public Optional<Member> member(String wanted) {
            return members.stream().filter(member -> member.name().equals(wanted)).findFirst();
        }
    }

    /**
     * A member, or a base class.
     *
     * @param name      empty for an anonymous structure or union; that of its class for a base class
     * @param type      of the member
     * @param bitOffset from the beginning of the structure, in bits; empty for a virtual base class, whose place depends on
     *                  the object
     * @param bits      the size of a bit field, in bits; empty for other members
     * @param base      whether it is a base class
     * @param entry     its own number
     */
    record Member(String name, OptionalLong type, OptionalLong bitOffset, OptionalLong bits, boolean base,
            long entry) {}

    /**
     * An array.
     *
     * @param element the type of its elements
     * @param stride  the size of an element, in bytes
     * @param counts  its dimensions, the outermost first; -1 for an unknown one
     */
    record Array(String name, OptionalLong size, OptionalLong element, OptionalLong stride,
            List<Long> counts) implements DataType {
        public Array {
            counts = List.copyOf(counts);
        }
    }

    /** A function; its address is that of its code. */
    record Function(String name) implements DataType {
        @Override
        public OptionalLong size() {
            return OptionalLong.empty();
        }
    }

    /** A type without values. */
    record Nothing(String name) implements DataType {
        @Override
        public OptionalLong size() {
            return OptionalLong.empty();
        }
    }

    /** A structure, class, union or enumeration of which only declarations are known. */
    record Declared(String name) implements DataType {
        @Override
        public OptionalLong size() {
            return OptionalLong.empty();
        }
    }

    /** Any other type, such as a pointer to a member. */
    record Other(String name, OptionalLong size) implements DataType {}
}
