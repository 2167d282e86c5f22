package dev.pulpo.engine.registry;

import java.util.List;

/**
 * What a patch declares with {@code pulpo.h}, beside its functions.
 *
 * @param callbacks functions to call when it is applied or reverted
 * @param shadows   ids of shadow variables that it uses
 * @param states    what it changes for longer than its functions do
 */
public record Declared(Callbacks callbacks, List<Long> shadows, List<State> states) {
    /** The limit of the ids, and of the states, that a patch declares. */
    public static final int MOST = 256;

    /** Nothing. */
    public static final Declared NOTHING = new Declared(Callbacks.NONE, List.of(), List.of());

    /**
     * A state that the patch leaves in the process.
     *
     * @param version unsigned; higher ones are newer
     */
    public record State(long id, int version) {}

    public Declared {
        shadows = List.copyOf(shadows);
        states = List.copyOf(states);
    }
}
