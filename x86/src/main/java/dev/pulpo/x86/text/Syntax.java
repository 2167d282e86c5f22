package dev.pulpo.x86.text;

/** How an instruction is written. */
public enum Syntax {
    /** Destination first, sizes at memory operands: as {@code objdump -M intel}. */
    INTEL,
    /** Destination last, sizes in the mnemonic: as {@code objdump} without options. */
    ATT
}
