/**
 * What the debug information of a patch and its target, and their code, say against a patch.
 *
 * <ul>
 * <li>{@link PlanChecks}, {@link PatchChecks}: begin here: all checks of a plan, and of a patch file; <b>a new check
 * goes here</b>;
 * <li>{@link CodeFacts}, {@link ReplacedFunction}: what the checks look at;
 * <li>{@link SignatureCheck}: parameters and results;
 * <li>{@link ConventionCheck}, {@link ArgumentCheck}: callers that keep to another calling convention than the ABI's, by the
 * machine code ({@link Routines}, {@link Callers}), by where the ABI passes what ({@link Prototypes}, {@link ValueClasses}) and
 * where the compiler does ({@link DescribedParameters});
 * <li>{@link CallShape}: what calls of a function pass on the stack, and its declaration;
 * <li>{@link LayoutCheck}: types; {@link BaseTypes}: what compilers spell differently;
 * <li>{@link CopyCheck}: copies of a replaced function that go on to run;
 * <li>{@link DuplicateCheck}, {@link AddressUses}: variables that patch and target both have;
 * <li>{@link UndefinedSymbols}: what the loader would look for in vain;
 * <li>{@link OptionCheck}, {@link StackGuard}, {@link TlsModelCheck}: choices of the compiler;
 * <li>{@link ConstructorCheck}, {@link Reach}, {@link PatchCode}: code that runs before references are written.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.check;

import org.jspecify.annotations.NullMarked;
