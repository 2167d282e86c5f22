/**
 * Signatures of patch files. {@link dev.pulpo.examples.signature.Signers} are the keys of those who may sign;
 * {@link dev.pulpo.examples.signature.SignatureRefusedException} says that a file has no good signature by one of them.
 */
@NullMarked
package dev.pulpo.examples.signature;

import org.jspecify.annotations.NullMarked;
