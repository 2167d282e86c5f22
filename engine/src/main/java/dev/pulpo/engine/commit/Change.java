package dev.pulpo.engine.commit;

import dev.pulpo.ffm.RemoteAddress;

/**
 * Bytes that change at one place.
 *
 * @param isCode   whether the process executes them; otherwise they are a field of the registry or of gates
 * @param function the function there, for people
 * @param site     first byte that changes
 * @param before   the bytes before the change
 * @param after    the bytes after it; as many
 */
@SuppressWarnings("ArrayRecordComponent") // used by this package, made once, never compared
public record Change(boolean isCode, String function, RemoteAddress site, byte[] before, byte[] after) {
    public static Change ofCode(String function, RemoteAddress site, byte[] before, byte[] after) {
        return new Change(true, function, site, before, after);
    }

    /** First address after the bytes. */
    long end() {
        return site.value() + before.length;
    }
}
