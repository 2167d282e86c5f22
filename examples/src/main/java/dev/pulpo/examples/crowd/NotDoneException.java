package dev.pulpo.examples.crowd;

/** The work on a process exceeded its time. */
public final class NotDoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotDoneException(String message) {
        super(message);
    }
}
