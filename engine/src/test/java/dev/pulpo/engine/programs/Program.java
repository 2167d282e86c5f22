package dev.pulpo.engine.programs;

/** A program under load. Its load checks every answer. Ends when it is closed. */
public interface Program extends AutoCloseable {
    int pid();

    /** How many answers have come, each of them checked. */
    long answers();

    /** How many requests a load generator has made besides, all of them answered; 0 where there is none. */
    long generated();

    /** What went wrong so far; empty if nothing. */
    String failures();

    @Override
    void close();
}
