package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.RawText;
import dev.pulpo.x86.Decoder;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Texts that only say which build it is: they differ by versions, dates and times of day. A process that was started from one
 * build goes on to say so. A number that stands by itself may be anything, and is no version.
 */
final class VersionTexts {
    private static final int LONGEST = 256;
    /** The number of {@code rdi}, the first argument (psABI, section 3.2.3). */
    private static final int FIRST_ARGUMENT = 7;
    /** Such as 2.6.12-1+deb12u2, 2025/10/03 and 12:30:11; and Oct 3 2025, as the preprocessor writes dates. */
    private static final Pattern VERSION = Pattern.compile("\\b[0-9]+(?:[.:/+~-][0-9A-Za-z]+)+"
            + "|\\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +[0-9]{1,2},?(?: +[0-9]{4})?\\b"
            + "|\\b[0-9]{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(?: +[0-9]{4})?\\b");

    private final CodeNames old;
    private final CodeNames replacement;
    private final Sameness sameness;

    VersionTexts(CodeNames old, CodeNames replacement, Sameness sameness) {
        this.old = old;
        this.replacement = replacement;
        this.sameness = sameness;
    }

    /** Whether two versions of a variable are nothing but such a text, or a pointer to one. */
    boolean areVariables(ElfSymbol was, ElfSymbol is) {
        Optional<Long> before = pointer(old, was);
        Optional<Long> after = pointer(replacement, is);
        if (before.isPresent() && after.isPresent()) {
            return areConstants(before.get(), after.get()) && !holdsFormat(before.get());
        }
        return old.relocated(was.value(), was.value() + was.size()).isEmpty()
                && replacement.relocated(is.value(), is.value() + is.size()).isEmpty()
                && areAlike(text(old.bytes(was.value(), was.size()), true),
                        text(replacement.bytes(is.value(), is.size()), true))
                && !holdsFormat(was.value());
    }

    /** New code may pass other arguments than the old text tells how to write. */
    private boolean holdsFormat(long text) {
        return RawText.decodeString(old.bytes(text, LONGEST)).contains("%");
    }

    private static Optional<Long> pointer(CodeNames names, ElfSymbol variable) {
        return variable.size() == Long.BYTES
                ? names.relocation(variable.value()).flatMap(names::pointer)
                : Optional.empty();
    }

    private boolean areConstants(long was, long is) {
        return old.isConstant(was) && replacement.isConstant(is)
                && areAlike(text(old.bytes(was, LONGEST), false), text(replacement.bytes(is, LONGEST), false));
    }

    /**
     * A text; empty for what is none.
     *
     * @param whole whether nothing may follow it
     */
    private static Optional<String> text(byte[] bytes, boolean whole) {
        int length = 0;
        while (length < bytes.length
                && (bytes[length] >= ' ' && bytes[length] < 0x7f || bytes[length] == '\n' || bytes[length] == '\t')) {
            length++;
        }
        boolean ends = length > 0 && length < bytes.length && bytes[length] == 0;
        for (int i = length; whole && i < bytes.length; i++) {
            ends &= bytes[i] == 0;
        }
        return ends ? Optional.of(RawText.decode(bytes, 0, length)) : Optional.empty();
    }

    private static boolean areAlike(Optional<String> was, Optional<String> is) {
        return was.isPresent() && is.isPresent()
                && VERSION.matcher(was.get()).replaceAll("0").equals(VERSION.matcher(is.get()).replaceAll("0"));
    }

    /**
     * Whether a function is the program's {@code main} in both builds, and differs by such texts only. Its first thread is in
     * there for as long as the process runs.
     */
    boolean areMain(FunctionShape was, FunctionShape is) {
        return isMain(old, was) && isMain(replacement, is) && was.isLike(is)
                && sameness.differOnlyBy(was, is, this::areConstants);
    }

    /** The code at the entry of a program passes the address on to the C library (psABI, section 3.4.1). */
    private static boolean isMain(CodeNames names, FunctionShape shape) {
        return names.shapeAt(names.code().elf().header().entry().value()).stream()
                .flatMap(start -> start.references().stream()
                        .filter(reference -> reference.kind() == FunctionShape.Kind.ADDRESS
                                && reference.target() == shape.start()
                                && isFirstArgument(names, start.address(reference.instruction()))))
                .findAny().isPresent();
    }

    private static boolean isFirstArgument(CodeNames names, long instruction) {
        byte[] bytes = names.bytes(instruction, Decoder.MAX_LENGTH);
        Decoder decoder = new Decoder();
        return decoder.decode(bytes, 0, bytes.length) > 0 && decoder.isLea() && decoder.register() == FIRST_ARGUMENT;
    }
}
