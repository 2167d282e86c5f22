package dev.pulpo.elf.expression;

/** Ends an evaluation that lacks something. */
final class CannotKnow extends RuntimeException {
    private static final long serialVersionUID = 1;

    CannotKnow(String reason) {
        super(reason, null, false, false);
    }

    /** The reason. */
    String reason() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
