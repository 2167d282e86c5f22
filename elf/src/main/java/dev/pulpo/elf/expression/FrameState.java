package dev.pulpo.elf.expression;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A frame of a stack, as far as expressions ask about it. What is not known is empty, never guessed. Addresses are those
 * of the process.
 */
public interface FrameState {
    /**
     * The bytes that a register holds in the frame, the least significant first.
     *
     * @param register its DWARF number, see {@link DwarfRegisters}
     * @return eight of a general register, sixteen of a vector register; empty where the value is not known, as of a
     *         register that the frames inside did not keep
     */
    Optional<byte[]> register(int register);

    /** The canonical frame address: what the stack pointer was before the frame was called. */
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

    /** What has to be added to link addresses. */
    long loadBias();

    /**
     * Where the thread has a thread-local variable of the object that the frame's code is in.
     *
     * @param offset in the object's thread-local block
     * @return empty where the thread has no memory for it, or it is not known where
     */
    OptionalLong threadLocal(long offset);
}
