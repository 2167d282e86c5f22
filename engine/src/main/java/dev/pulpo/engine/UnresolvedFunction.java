package dev.pulpo.engine;

import dev.pulpo.ffm.RemoteAddress;

/**
 * An indirect function (STT_GNU_IFUNC) of a plan that nobody in the process has used yet, so that it is not known which
 * function it stands for. When the plan is applied, its resolver is called on a borrowed thread, as the dynamic loader
 * would call it; what it chooses is replaced, or refused for the same reasons as any other function.
 *
 * @param function its name in the target
 * @param resolver the address, in the process, of the code that chooses
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
