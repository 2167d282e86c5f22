/**
 * The stub that lives in the target: {@link dev.pulpo.stub.Stub} hands out the library, which the build has made from
 * {@code src/main/c}, and one that gives every thread a word of its own; {@link dev.pulpo.stub.StubLayout} says where things are in it.
 * It lies as a file where {@link dev.pulpo.stub.FileTrust} says that nobody else can change it.
 */
@NullMarked
package dev.pulpo.stub;

import org.jspecify.annotations.NullMarked;
