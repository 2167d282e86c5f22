package dev.pulpo.x86;

/**
 * Tells from the bytes before an address whether it may be a return address. Allocates nothing after construction. Not
 * thread-safe.
 */
public final class CallSites {
    /** How many bytes before the address are read: no call is longer without redundant prefixes. */
    public static final int BYTES = 8;
    private static final int SHORTEST = 2;

    private final Decoder decoder = new Decoder();
    private final byte[] bytes = new byte[BYTES];

    /** Allocates the decoder. */
    public CallSites() {}

    /**
     * Whether a call instruction may end right before an address. The bytes may decode in several ways; one that is a
     * call is enough.
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
