package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;
import java.util.Optional;

/** Recognises expressions that are an address or an offset of thread-local memory (DWARF 5, 2.5.1 and 2.6.1.1.2). */
final class VariableLocations {
    private static final int OP_ADDR = 0x03;
    private static final int OP_CONST4U = 0x0c;
    private static final int OP_CONST8U = 0x0e;
    private static final int OP_ADDRX = 0xa1;
    private static final int OP_CONSTX = 0xa2;
    private static final int OP_GNU_ADDR_INDEX = 0xfb;
    private static final int OP_GNU_CONST_INDEX = 0xfc;
    private static final int OP_FORM_TLS_ADDRESS = 0x9b;
    private static final int OP_GNU_PUSH_TLS_ADDRESS = 0xe0;

    private VariableLocations() {}

    /** The place of a variable; empty if it is of another kind, or if there are several places or none. */
    static Optional<VariableLocation> of(EntryReader entry) {
        Optional<ByteCursor> expression = entry.block(Dw.LOCATION);
        if (expression.isEmpty() || !expression.get().hasRemaining()) {
            return Optional.empty();
        }
        ByteCursor cursor = expression.get();
        Unit unit = entry.unit();
        int opcode = cursor.u8();
        long value;
        switch (opcode) {
            case OP_ADDR -> value = cursor.unsigned(unit.header().addressSize());
            case OP_CONST4U -> value = cursor.u32();
            case OP_CONST8U -> value = cursor.u64();
            case OP_ADDRX, OP_CONSTX, OP_GNU_ADDR_INDEX, OP_GNU_CONST_INDEX ->
                value = unit.indexedAddress(cursor.uleb128());
            default -> {
                return Optional.empty();
            }
        }
        if (cursor.hasRemaining()) {
            int next = cursor.u8();
            boolean threadLocal = next == OP_FORM_TLS_ADDRESS || next == OP_GNU_PUSH_TLS_ADDRESS;
            return threadLocal && !cursor.hasRemaining()
                    ? Optional.of(new VariableLocation.PerThread(unit.space().world().threadLocalOffset(value)))
                    : Optional.empty();
        }
        boolean isAddress = opcode == OP_ADDR || opcode == OP_ADDRX || opcode == OP_GNU_ADDR_INDEX;
        // Zero is the address of discarded variables.
        return isAddress && value != 0
                ? Optional.of(new VariableLocation.Static(new LinkAddress(value)))
                : Optional.empty();
    }
}
