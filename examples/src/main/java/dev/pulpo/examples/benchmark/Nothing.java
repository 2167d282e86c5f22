package dev.pulpo.examples.benchmark;

/** A program that does nothing: what a JVM takes to start and to end. */
public final class Nothing {
    private Nothing() {}

    /** Returns at once. */
    public static void main(String[] arguments) {
        // The floor of every command.
    }
}
