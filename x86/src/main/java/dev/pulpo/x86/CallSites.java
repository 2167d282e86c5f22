package dev.pulpo.x86;

/**
 * Tells whether an address can be one that a call returns to, by the bytes before it. Once made it allocates nothing. It
 * belongs to one thread at a time.
 */
public final class CallSites {
    /** How many bytes before the address are looked at: no call is longer without prefixes that change nothing. */
    public static final int BYTES = 8;
    private static final int SHORTEST = 2;

    private final Decoder decoder = new Decoder();
    private final byte[] bytes = new byte[BYTES];

    /** One that has looked at nothing yet. */
    public CallSites() {}

    /**
     * Whether a call instruction may end right before an address. What stands there may be read as an instruction in more
     * than one way; one that is a call will do.
     *
     * @param before the eight bytes before the address, the last of them in the upper eight bits
     */
    public boolean isBehindCall(long before) {
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (before >>> 8 * i);
        }
        for (int from = 0; from <= BYTES - SHORTEST; from++) {
            if (decoder.decode(bytes, from, BYTES) == BYTES - from
                    && (decoder.flow() == Flow.CALL || decoder.flow() == Flow.INDIRECT_CALL)) {
                return true;
            }
        }
        return false;
    }
}
