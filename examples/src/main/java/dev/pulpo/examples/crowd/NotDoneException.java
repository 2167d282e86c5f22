package dev.pulpo.examples.crowd;

/** The work on a process was not done in the time that there was for it. */
public final class NotDoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotDoneException(String message) {
        super(message);
    }
}
