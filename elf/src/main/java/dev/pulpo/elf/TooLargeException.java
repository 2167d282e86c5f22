package dev.pulpo.elf;

/** Bytes that may be well-formed, but of which there are more than {@link ReadLimits} allow. */
public final class TooLargeException extends MalformedElfException {
    private static final long serialVersionUID = 1;

    /**
     * @param source the file's name, or a description of what the bytes belong to
     * @param offset where in the source that begins of which there is too much, in bytes
     * @param found  how much there is, with the unit
     * @param most   how much there may be
     */
    public TooLargeException(String source, long offset, String found, long most) {
        super(source, offset, "at most " + most, found,
                "too large to be read: " + found + ", and the limit is " + most);
    }
}
