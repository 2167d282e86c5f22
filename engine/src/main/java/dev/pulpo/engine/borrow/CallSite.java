package dev.pulpo.engine.borrow;

import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.stub.StubLayout;

/**
 * Code and memory in the target with which a borrowed thread calls a function.
 *
 * @param entry     {@code pulpo_call}, in the stub or copied
 * @param announced program counter of the thread when the call is done
 * @param stackTop  end of the stack of the call; the thread's own stack is not used, so it may be of any size
 * @param stackSize in bytes
 * @param result    eight bytes for the function's result
 * @param borrower  eight bytes that name the borrowed thread; the null address where only one tool knows the site
 */
record CallSite(RemoteAddress entry, RemoteAddress announced, RemoteAddress stackTop, long stackSize,
        RemoteAddress result, RemoteAddress borrower) {
    /** The site in a stub. */
    static CallSite of(StubState stub) {
        StubState.Stack stack = stub.stack();
        return new CallSite(stub.code().call(), stub.code().announced(), stack.start().plus(stack.size()), stack.size(),
                stub.field(StubLayout.RESULT), stub.field(StubLayout.BORROWER));
    }
}
