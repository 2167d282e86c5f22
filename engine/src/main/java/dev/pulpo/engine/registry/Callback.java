package dev.pulpo.engine.registry;

import dev.pulpo.stub.StubLayout;

/** A function that a patch may define, to be called when it is applied or reverted; {@code pulpo.h} says when. */
public enum Callback {
    BEFORE_APPLY(0), AFTER_APPLY(1), BEFORE_REVERT(2), AFTER_REVERT(3);

    private final int index;

    Callback(int index) {
        this.index = index;
    }

    /** The symbol that defines it in a patch. */
    public String symbol() {
        return switch (this) {
            case BEFORE_APPLY -> "pulpo_before_apply";
            case AFTER_APPLY -> "pulpo_after_apply";
            case BEFORE_REVERT -> "pulpo_before_revert";
            case AFTER_REVERT -> "pulpo_after_revert";
        };
    }

    /** Whether it can refuse what is about to be done. */
    public boolean mayRefuse() {
        return this == BEFORE_APPLY;
    }

    /** The position of its bits in the progress of a record. */
    public int shift() {
        return StubLayout.CALLBACK_BITS * index;
    }
}
