package dev.pulpo.elf;

/**
 * What kind of object a file is ({@code e_type}; gABI, "ELF Header"). The set is open.
 *
 * @param value the number in the file
 */
public record ObjectType(int value) {
    public static final ObjectType RELOCATABLE = new ObjectType(1);
    /** Linked for fixed addresses; the load bias is zero. */
    public static final ObjectType EXECUTABLE = new ObjectType(2);
    /** A shared object or a position-independent executable. */
    public static final ObjectType DYNAMIC = new ObjectType(3);
    public static final ObjectType CORE = new ObjectType(4);

    @Override
    public String toString() {
        return switch (value) {
            case 0 -> "NONE";
            case 1 -> "REL";
            case 2 -> "EXEC";
            case 3 -> "DYN";
            case 4 -> "CORE";
            default -> "0x" + Integer.toHexString(value);
        };
    }
}
