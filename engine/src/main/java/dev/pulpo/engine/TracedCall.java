package dev.pulpo.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A call that a probe has recorded. All of it is what the process says.
 *
 * @param ticket    its number; calls are numbered as they are recorded
 * @param tid       the thread
 * @param began     when it began
 * @param lasted    how long it lasted; empty if it was recorded when it began
 * @param arguments in order
 * @param result    empty if it was recorded when it began, or has none
 */
public record TracedCall(long ticket, int tid, Instant began, Optional<Duration> lasted, List<Value> arguments,
        Optional<Value> result) {
    public TracedCall {
        arguments = List.copyOf(arguments);
    }

    /**
     * An argument or a result.
     *
     * @param kind what it is
     * @param name of the parameter, as debug information has it; else empty
     * @param bits the eight bytes of its register or place on the stack
     * @param text of a {@link ValueKind#STRING} that could be read
     */
    public record Value(ValueKind kind, String name, long bits, Optional<Text> text) {
        /** The number as people write it, or the address. Of a string it is the address, too. */
        @Override
        public String toString() {
            return switch (kind) {
                case INT -> Integer.toString((int) bits);
                case UINT -> Integer.toUnsignedString((int) bits);
                case LONG -> Long.toString(bits);
                case ULONG -> Long.toUnsignedString(bits);
                case HEX, POINTER, STRING -> "0x" + Long.toHexString(bits);
                case FLOAT -> Float.toString(Float.intBitsToFloat((int) bits));
                case DOUBLE -> Double.toString(Double.longBitsToDouble(bits));
                case VOID -> "";
            };
        }
    }

    /**
     * The beginning of a text.
     *
     * @param bytes   as they were when the call began, or for a result, when it returned
     * @param isWhole whether its end is among them
     */
    public record Text(ByteString bytes, boolean isWhole) {}
}
