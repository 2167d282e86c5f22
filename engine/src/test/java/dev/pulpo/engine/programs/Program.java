package dev.pulpo.engine.programs;

/** A program under load. Its load checks every answer. Ends when it is closed. */
interface Program extends AutoCloseable {
    int pid();

    /** How many answers have come, each of them checked. */
    long answers();

    /** What went wrong so far; empty if nothing. */
    String failures();

    @Override
    void close();
}
