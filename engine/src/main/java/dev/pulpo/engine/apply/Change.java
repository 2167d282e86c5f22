package dev.pulpo.engine.apply;

import dev.pulpo.ffm.RemoteAddress;

/**
 * Bytes that change at one place.
 *
 * @param isCode   whether the process executes them; otherwise they are a field, of the registry or of gates
 * @param function the function there, for people
 * @param site     first byte that changes
 * @param before   the bytes that must be there
 * @param after    the bytes that will be there; as many
 */
@SuppressWarnings("ArrayRecordComponent") // private to this package: made once, never compared
record Change(boolean isCode, String function, RemoteAddress site, byte[] before, byte[] after) {
    static Change ofCode(String function, RemoteAddress site, byte[] before, byte[] after) {
        return new Change(true, function, site, before, after);
    }

    /** First address behind the bytes. */
    long end() {
        return site.value() + before.length;
    }
}
