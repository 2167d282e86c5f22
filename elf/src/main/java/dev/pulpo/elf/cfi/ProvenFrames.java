package dev.pulpo.elf.cfi;

/**
 * What is known of code that no call frame information describes: where the return address is, shown by the code itself.
 * {@link Unwinder}s ask for it where a process stands still, so nothing is allocated, parsed or thrown by it.
 */
public interface ProvenFrames {
    /** The answer where nothing is known. */
    LoadedCfi NOTHING = new LoadedCfi(CfiTable.of(), 0, 0, 0);

    /** Knows nothing. */
    ProvenFrames NONE = new ProvenFrames() {
        @Override
        public LoadedCfi find(long address) {
            return NOTHING;
        }

        @Override
        public boolean fits(long stackPointer, long frameAddress, long returnAddress, StackMemory memory) {
            return false;
        }
    };

    /** What is known of the code at an address of the process; {@link #NOTHING} where that is nothing. */
    LoadedCfi find(long address);

    /**
     * Whether the stack is as it has to be where such code has a frame. If it is not, the frame is not left.
     *
     * @param stackPointer  of the frame
     * @param frameAddress  its canonical frame address
     * @param returnAddress what stands where its return address should
     * @param memory        of the process
     */
    boolean fits(long stackPointer, long frameAddress, long returnAddress, StackMemory memory);
}
