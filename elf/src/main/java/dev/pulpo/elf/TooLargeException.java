package dev.pulpo.elf;

/** The input exceeds {@link ReadLimits}, although it may be well-formed. */
public final class TooLargeException extends MalformedElfException {
    private static final long serialVersionUID = 1;

    /**
     * @param source the file's name, or a description of what the bytes belong to
     * @param offset where in the source the excess begins, in bytes
     * @param found  how much there is, with the unit
     * @param most   how much there may be
     */
    public TooLargeException(String source, long offset, String found, long most) {
        super(source, offset, "at most " + most, found,
                "too large to be read: " + found + ", and the limit is " + most);
    }
}
