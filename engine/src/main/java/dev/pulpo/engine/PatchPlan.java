package dev.pulpo.engine;

import java.util.List;
import java.util.Optional;

/**
 * What applying a patch to a process would do, or why it cannot be done. Making one changes nothing and stops nothing.
 *
 * @param pid       the process
 * @param startTime of the process, in clock ticks since boot; with the pid it names the process for good
 * @param patch     the patch
 * @param id        the patch's id
 * @param target    path of the object whose functions change; empty where it was not found
 * @param buildId   of that object, in hexadecimal; empty where it has none
 * @param functions what will change
 * @param unresolved what will change as well, and is known only when the plan is applied
 * @param references what the patch is told of the target before it comes into force
 * @param instead   the library whose patches go out of force in the same stop, as it was named
 * @param leaving   those patches, newest first
 * @param refusals  every reason against; empty where the plan can be applied
 */
public record PatchPlan(int pid, long startTime, LivePatch patch, PatchId id, String target, String buildId,
        List<PlannedFunction> functions, List<UnresolvedFunction> unresolved, List<PlannedReference> references,
        Optional<String> instead, List<PatchId> leaving, List<Refusal> refusals) {
    public PatchPlan {
        functions = List.copyOf(functions);
        unresolved = List.copyOf(unresolved);
        references = List.copyOf(references);
        leaving = List.copyOf(leaving);
        refusals = List.copyOf(refusals);
    }

    /** The same plan with other reasons against it. */
    public PatchPlan with(List<Refusal> reasons) {
        return new PatchPlan(pid, startTime, patch, id, target, buildId, functions, unresolved, references, instead,
                leaving, reasons);
    }

    /** Whether nothing is known that stands against it. */
    public boolean isApplicable() {
        return refusals.isEmpty();
    }

    /** Whether the patch is in force already, and nothing else stands against it: to apply it has nothing to do. */
    public boolean isInForce() {
        return !refusals.isEmpty() && refusals.stream().allMatch(Refusal.AlreadyApplied.class::isInstance);
    }

    @Override
    public String toString() {
        return text(Remedy.Wording.LIBRARY);
    }

    /** All of it, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        StringBuilder text = new StringBuilder(
                "plan for process " + pid + ": patch " + id.shortForm() + " (" + patch.file()
                        + ") for " + target);
        functions.forEach(function -> text.append("\n  ").append(function));
        unresolved.forEach(function -> text.append("\n  ").append(function));
        references.forEach(reference -> text.append("\n  ").append(reference));
        leaving.forEach(other -> text.append("\n  instead of patch ").append(other.shortForm()));
        refusals.forEach(refusal -> text
                .append(refusal instanceof Refusal.AlreadyApplied ? "\n  nothing to do: " : "\n  refused: ")
                .append(refusal.message(words)));
        return text.toString();
    }
}
