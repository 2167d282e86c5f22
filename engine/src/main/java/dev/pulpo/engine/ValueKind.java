package dev.pulpo.engine;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What an argument or a result is, for those who read it. */
public enum ValueKind {
    /** 32 bits, with a sign. */
    INT,
    /** 32 bits, without one. */
    UINT,
    /** 64 bits, with a sign. */
    LONG,
    /** 64 bits, without one. */
    ULONG,
    /** 64 bits, in hexadecimal. */
    HEX,
    /** An address. */
    POINTER,
    /** The address of text that ends with a zero byte; its first bytes are recorded. */
    STRING,
    /** {@code float}. */
    FLOAT,
    /** {@code double}. */
    DOUBLE,
    /** No result. */
    VOID;

    /** Whether it is passed in vector registers. */
    public boolean isFloating() {
        return this == FLOAT || this == DOUBLE;
    }

    /** The kind of that name, in lower case. */
    public static Optional<ValueKind> find(String name) {
        return Arrays.stream(values()).filter(kind -> kind.toString().equals(name)).findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
