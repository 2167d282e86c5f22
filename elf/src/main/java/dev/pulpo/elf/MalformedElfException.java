package dev.pulpo.elf;

/**
 * Bytes that violate the format. It is thrown for every defect of the input, and for nothing else: not for failures of
 * the operating system, and not for wrong arguments.
 */
public sealed class MalformedElfException extends RuntimeException permits TooLargeException {
    private static final long serialVersionUID = 1;

    private final String source;
    private final long offset;
    private final String expected;
    private final String found;

    /**
     * @param source   the file's name, or a description of what the bytes belong to
     * @param offset   where in the source the offending value begins, in bytes
     * @param expected what the format wants there
     * @param found    what is there
     */
    public MalformedElfException(String source, long offset, String expected, String found) {
        this(source, offset, expected, found, "expected " + expected + ", found " + found);
    }

    MalformedElfException(String source, long offset, String expected, String found, String message) {
        super(source + ": at 0x" + Long.toHexString(offset) + ": " + message);
        this.source = source;
        this.offset = offset;
        this.expected = expected;
        this.found = found;
    }

    /** Whether it does not even begin as an ELF file does: it is a file of another kind. */
    public boolean isOtherFile() {
        return expected.equals(ElfHeader.MAGIC);
    }

    /** Whether it is an ELF file of another class or byte order, which may be sound. */
    public boolean isOtherArchitecture() {
        return expected.equals(ElfHeader.CLASS) || expected.equals(ElfHeader.ENCODING);
    }

    /** The file's name, or a description of what the bytes belong to. */
    public String source() {
        return source;
    }

    /** Where in the {@link #source()} the offending value begins, in bytes. */
    public long offset() {
        return offset;
    }

    /** What the format wants at the {@link #offset()}. */
    public String expected() {
        return expected;
    }

    /** What is at the {@link #offset()}. */
    public String found() {
        return found;
    }
}
