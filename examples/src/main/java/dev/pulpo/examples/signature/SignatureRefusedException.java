package dev.pulpo.examples.signature;

import java.io.IOException;

/** A file has no good signature by a key that is configured. The message says what would help. */
public final class SignatureRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    SignatureRefusedException(String message) {
        super(message);
    }
}
