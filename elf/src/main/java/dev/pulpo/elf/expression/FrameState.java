package dev.pulpo.elf.expression;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A frame of a stack, as expressions need it. Unknown values are empty, never guessed. Addresses are those of the
 * process.
 */
public interface FrameState {
    /**
     * The bytes that a register holds in the frame, the least significant first.
     *
     * @param register its DWARF number, see {@link DwarfRegisters}
     * @return eight bytes of a general register, sixteen of a vector register; empty if the value is unknown, for example
     * because inner frames did not preserve it
     */
    Optional<byte[]> register(int register);

    /** The canonical frame address: the stack pointer before the call. */
    OptionalLong frameAddress();

    /**
     * Reads memory.
     *
     * @return whether all of it could be read
     */
    boolean read(long address, byte[] into);

    /** Why memory could not be read. */
    default String unreadable(long address) {
        return "the memory at 0x" + Long.toHexString(address) + " cannot be read";
    }

    /** What to add to link addresses to get addresses of the process. */
    long loadBias();

    /**
     * Where the thread has a thread-local variable of the object that the frame's code is in.
     *
     * @param offset in the object's thread-local block
     * @return empty if the thread has no memory for it, or its place is unknown
     */
    OptionalLong threadLocal(long offset);
}
