package dev.pulpo.x86;

import dev.pulpo.x86.Recognition.Reason;
import java.util.Optional;

/** Reads the state of a prepared function from its bytes. */
final class PreparedEntry {
    static final int ENDBR64_LENGTH = 4;
    /** {@code f3 0f 1e fa}, little-endian. */
    static final int ENDBR64 = 0xfa1e_0ff3;

    private PreparedEntry() {}

    static Recognition recognise(CodeBytes code, CodeAddress entry) {
        boolean endbr64 = code.covers(entry, ENDBR64_LENGTH) && code.int32At(entry) == ENDBR64;
        PreparedDetour detour = new PreparedDetour(entry, endbr64);
        CodeAddress flip = detour.flipSlot();
        int length = (int) flip.plus(PreparedDetour.FLIP).minus(detour.padding());
        if (!code.covers(detour.padding(), length)) {
            return new Recognition.NotPrepared(entry, Reason.TOO_FEW_BYTES, code);
        }
        CodeBytes found = code.slice(detour.padding(), length);
        CodeBytes slot = code.slice(flip, PreparedDetour.FLIP);
        CodeBytes padding = code.slice(detour.padding(), PreparedDetour.PADDING);
        boolean idle = Nops.fill(slot);
        if (!idle && !slot.equals(detour.flip())) {
            return new Recognition.NotPrepared(entry, Reason.NO_FLIP_SLOT, found);
        }
        Optional<FarJump> jump = FarJump.recognise(padding, padding.start())
                .filter(j -> !idle || endsInNops(j, padding));
        if (jump.isPresent()) {
            return idle
                    ? new Recognition.Dormant(detour, jump.get())
                    : new Recognition.Detoured(detour, jump.get());
        }
        if (!idle) {
            return new Recognition.NotPrepared(entry, Reason.UNKNOWN_JUMP, found);
        }
        return Nops.fill(padding)
                ? new Recognition.Untouched(detour)
                : new Recognition.NotPrepared(entry, Reason.NO_PADDING, found);
    }

    /**
     * An entry that jumps to the padding proves that the padding holds a jump. Two nops at the entry prove little: bytes
     * that look like a jump may be the end of the previous function. So the rest of the padding must be nops then.
     */
    private static boolean endsInNops(FarJump jump, CodeBytes padding) {
        CodeAddress rest = padding.start().plus(jump.length());
        return Nops.fill(padding.slice(rest, (int) padding.end().minus(rest)));
    }
}
