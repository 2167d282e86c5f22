package dev.pulpo.elf.dwarf;

/** An object of the program that is asked for does not exist, or cannot be read or written. The message says why. */
public final class NoDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason for people, as a sentence without its end */
    public NoDataException(String reason) {
        super(reason);
        this.reason = reason;
    }

    /** Why, for people. */
    public String reason() {
        return reason;
    }
}
