package dev.pulpo.engine.trace;

import dev.pulpo.ffm.RemoteAddress;

/**
 * Code and memory in the target with which a borrowed thread calls a function.
 *
 * @param entry     {@code pulpo_call}, in the stub or copied
 * @param announced where the thread stands when it is done
 * @param stackTop  end of the stack that the call runs on; the thread's own is not used, so it may be as small as it likes
 * @param stackSize in bytes
 * @param result    eight bytes for the function's result
 * @param borrower  eight bytes that say who runs here, or the null address where only one tool knows of this place
 */
record CallSite(RemoteAddress entry, RemoteAddress announced, RemoteAddress stackTop, long stackSize,
        RemoteAddress result, RemoteAddress borrower) {}
