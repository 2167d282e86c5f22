package dev.pulpo.engine.apply;

import dev.pulpo.ffm.RemoteAddress;

/**
 * Bytes that change at one place.
 *
 * @param function the function there, for people
 * @param site     first byte that changes
 * @param before   the bytes that must be there
 * @param after    the bytes that will be there; as many
 */
@SuppressWarnings("ArrayRecordComponent") // private to this package: made once, never compared
record Change(String function, RemoteAddress site, byte[] before, byte[] after) {}
