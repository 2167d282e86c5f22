package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.ByteCursor;

/** Reads the inside of a CIE, from its version on. */
final class CommonEntryReader {
    private final ByteCursor cursor;
    private final long section;

    private int pointerEncoding = PointerEncoding.ABSOLUTE_ADDRESS;
    private int handlersEncoding = PointerEncoding.OMITTED;
    private boolean signalFrame;

    /**
     * @param cursor  at the version; it ends with the entry, and its positions are those of the section
     * @param section the section's link address
     */
    CommonEntryReader(ByteCursor cursor, long section) {
        this.cursor = cursor;
        this.section = section;
    }

    CommonEntry read(long offset) {
        int version = cursor.u8();
        if (version != 1 && version != 3 && version != 4) {
            throw cursor.malformed("version 1, 3 or 4 of a CIE", Integer.toString(version));
        }
        String augmentation = cursor.string();
        int addressSize = 8;
        int selectorSize = 0;
        if (version >= 4) {
            addressSize = cursor.u8();
            if (addressSize != 4 && addressSize != 8) {
                throw cursor.malformed("addresses of 4 or 8 bytes", Integer.toString(addressSize));
            }
            selectorSize = cursor.u8();
        }
        if (augmentation.equals("eh")) {
            // GCC before version 3: the address of a table of exception handlers.
            cursor.skip(8);
        }
        long codeAlignment = cursor.uleb128();
        long dataAlignment = cursor.sleb128();
        long returnAddress = version == 1 ? cursor.u8() : cursor.uleb128();
        if (returnAddress < 0 || returnAddress >= DwarfRegisters.COUNT) {
            throw cursor.malformed("a general register for the return address", Long.toUnsignedString(returnAddress));
        }
        boolean sized = augmentation.startsWith("z");
        if (sized) {
            long length = cursor.uleb128();
            long data = cursor.position();
            long end = cursor.skip(length).position();
            readAugmentation(augmentation, cursor.slice(0, end).position(data));
        } else {
            readUnsizedAugmentation(augmentation);
        }
        return new CommonEntry(offset, codeAlignment, dataAlignment, (int) returnAddress, pointerEncoding,
                handlersEncoding, addressSize,
                selectorSize, sized, signalFrame, cursor.position(), cursor.remaining());
    }

    /** The length would allow skipping unknown letters, but they may change the meaning of the frame. */
    private void readAugmentation(String augmentation, ByteCursor data) {
        for (int i = 1; i < augmentation.length(); i++) {
            switch (augmentation.charAt(i)) {
                case 'R' -> pointerEncoding = data.u8();
                case 'P' -> PointerEncoding.skip(data, data.u8(), section);
                case 'L' -> handlersEncoding = data.u8();
                case 'S' -> signalFrame = true;
                // AArch64: signed return addresses, tagged frames. They carry no data.
                case 'B', 'G' -> {
                }
                default -> throw cursor.malformed("an augmentation of z, R, P, L, S, B, G", augmentation);
            }
        }
    }

    private void readUnsizedAugmentation(String augmentation) {
        if (augmentation.equals("eh")) {
            return;
        }
        for (int i = 0; i < augmentation.length(); i++) {
            switch (augmentation.charAt(i)) {
                case 'S' -> signalFrame = true;
                case 'B', 'G' -> {
                }
                default -> throw cursor.malformed("an augmentation that says how long its data is", augmentation);
            }
        }
    }
}
