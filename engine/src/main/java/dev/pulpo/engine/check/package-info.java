/**
 * What could make a patch do something else than its author means, found by comparing debug information, symbols and
 * properties of patch and target: {@link dev.pulpo.engine.check.PatchChecks} runs the checks on two
 * {@link dev.pulpo.engine.check.CodeFacts}, and {@link dev.pulpo.engine.check.ConstructorCheck} looks at what runs while
 * a patch is being loaded. Files only, no processes.
 */
@NullMarked
package dev.pulpo.engine.check;

import org.jspecify.annotations.NullMarked;
