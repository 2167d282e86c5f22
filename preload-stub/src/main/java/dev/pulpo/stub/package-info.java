/**
 * The stub that lives in the target: {@link dev.pulpo.stub.Stub} provides the library, which the build makes from
 * {@code src/main/c}, and the library with the thread word; {@link dev.pulpo.stub.StubLayout} has their layouts.
 * {@code StubCache} writes them to files, of which {@link dev.pulpo.stub.FileTrust} checks that no other user can change
 * them; else there is an {@link dev.pulpo.stub.UntrustedFileException}.
 */
@NullMarked
package dev.pulpo.stub;

import org.jspecify.annotations.NullMarked;
