package dev.pulpo.engine;

import dev.pulpo.ffm.RemoteAddress;

/**
 * An indirect function (STT_GNU_IFUNC) of a plan without a bound slot in the process, so that its choice is unknown. When
 * the plan is applied, its resolver is called on a borrowed thread, as the dynamic loader would call it. The chosen function
 * is replaced, or refused like any other.
 *
 * @param function its name in the target
 * @param resolver remote address of its resolver
 */
public record UnresolvedFunction(String function, RemoteAddress resolver) {
    @Override
    public String toString() {
        return function + " is an indirect function that nobody in the process has used yet: its resolver at "
                + resolver
                + " is called when the plan is applied, on a borrowed thread, and only then it is known which function is"
                + " replaced, and whether it can be";
    }
}
