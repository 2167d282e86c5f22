package dev.pulpo.elf.cfi;

/**
 * Frames of code without call frame information: an analysis of the code has proven where the return address is.
 * {@link Unwinder}s use it in a stop, so it does not allocate, parse or throw.
 */
public interface ProvenFrames {
    /** The answer if nothing is known. */
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

    /** What is known of the code at an address of the process, or {@link #NOTHING}. */
    LoadedCfi find(long address);

    /**
     * Whether the stack fits a frame of such code. If not, the unwinder does not leave the frame.
     *
     * @param stackPointer  of the frame
     * @param frameAddress  its canonical frame address
     * @param returnAddress the value at the place of its return address
     * @param memory        of the process
     */
    boolean fits(long stackPointer, long frameAddress, long returnAddress, StackMemory memory);
}
