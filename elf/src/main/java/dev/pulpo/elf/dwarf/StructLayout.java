package dev.pulpo.elf.dwarf;

import java.util.List;
import java.util.Optional;

/**
 * The memory layout of a structure, class or union.
 *
 * @param name        its name; empty if only a {@code typedef} names it
 * @param size        in bytes
 * @param members     its base classes and members, in the order of the source
 * @param declaration where it is declared
 */
public record StructLayout(String name, long size, List<Member> members, Optional<SourceLine> declaration)
        implements
            TypeLayout {
    /**
     * A member.
     *
     * @param name      empty for base classes and anonymous structures
     * @param type      the name of its type
     * @param bitOffset from the beginning of the structure, in bits
     * @param bitSize   in bits; 0 if it is not known, as for a flexible array
     * @param bitField  whether it is a bit field
     */
    public record Member(String name, String type, long bitOffset, long bitSize, boolean bitField) {
        /** From the beginning of the structure, in whole bytes. */
        public long offset() {
            return bitOffset / Byte.SIZE;
        }
    }

    public StructLayout {
        members = List.copyOf(members);
    }

    /** The first member of a name. */
    public Optional<Member> member(String memberName) {
        return members.stream().filter(member -> member.name().equals(memberName)).findFirst();
    }
}
