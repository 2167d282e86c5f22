package dev.pulpo.engine;

import java.util.List;

/** A reason why something cannot or must not be done. A value: nothing has been changed when it is found. */
public sealed interface Refusal {
    /** The reason and what would help, for a person to read. */
    default String message() {
        return message(Remedy.Wording.LIBRARY);
    }

    /** The same for readers who know remedies by other names. */
    default String message(Remedy.Wording words) {
        return RefusalText.of(this, words);
    }

    /** What would help, as far as that is known. */
    default List<Remedy> remedies() {
        return RefusalText.remedies(this);
    }

    /** The process maps no object of that name. */
    record TargetNotLoaded(String target, List<String> loaded) implements Refusal {}

    /** The process maps several objects of that name. */
    record TargetAmbiguous(String target, List<String> paths) implements Refusal {}

    /** The patch is for another build of the target. */
    record BuildIdMismatch(String target, String expected, String found) implements Refusal {}

    /** The patch does not say what it replaces. */
    record NothingToReplace(String patch) implements Refusal {}

    /** The target has no function of that name. */
    record UnknownFunction(String target, String function, List<String> nearest) implements Refusal {}

    /** The target has no function of that name, but what the compiler has made of it, under these names. */
    record RenamedFunction(String target, String function, List<String> made) implements Refusal {}

    /** The patch exports no function of that name. */
    record UnknownReplacement(String patch, String function, List<String> nearest) implements Refusal {}

    /** The function's name has several meanings. */
    record AmbiguousFunction(String target, String function, List<String> addresses) implements Refusal {}

    /** The function cannot be detoured. */
    record NotPatchable(String function, String reason) implements Refusal {}

    /** Calls of the function cannot be seen to return, or not before somebody tells how much they pass on the stack. */
    record Unreturned(String function, String reason, boolean tellable) implements Refusal {}

    /** The patch wants to call the original of a function that it does not replace. */
    record UnknownOriginal(String patch, String function) implements Refusal {}

    /** Jumps to the patch need a place near the target for a longer jump, and there is none. */
    record NoTrampoline(String target, String reason) implements Refusal {}

    /** The function's code is not what it should be: something else has changed it. */
    record UnexpectedBytes(String function, String found, String expected) implements Refusal {}

    /** libpulp, with its own library in the process, has replaced the function. */
    record OtherDetour(String function, List<String> libraries) implements Refusal {}

    /** One function is named twice. */
    record ReplacedTwice(String function) implements Refusal {}

    /** The patch would not do what it is meant to do, or do harm. */
    record Unsafe(Finding finding) implements Refusal {}

    /** This very patch is in force, and no newer one on top of it. To apply it changes nothing and succeeds. */
    record AlreadyApplied(PatchId id) implements Refusal {}

    /** The patch is in force in another loading of the same library. It is loaded once, for one of them. */
    record AppliedElsewhere(PatchId id, String target) implements Refusal {}

    /** This very patch is applied, and a newer one replaces functions of it. */
    record Superseded(PatchId id) implements Refusal {}

    /** This very patch is to come into force twice in one stop. */
    record AppliedTwice(PatchId id) implements Refusal {}

    /** The patch is not applied, so it cannot be reverted. */
    record NotApplied(String patch) implements Refusal {}

    /** A patch that must be there before is not in force. */
    record MissingDependency(PatchId patch, PatchId dependency) implements Refusal {}

    /** A patch in force depends on one that is to go. */
    record NeededByOther(PatchId patch, PatchId other) implements Refusal {}

    /** The patch declares something that {@code pulpo.h} cannot have made. */
    record BadDeclaration(String patch, String reason) implements Refusal {}

    /**
     * The patch's own callback refuses that it is applied.
     *
     * @param result  what it returned; not 0
     * @param message what it says; may be empty
     */
    record CallbackRefused(PatchId patch, long result, String message) implements Refusal {}

    /**
     * A patch in force has left a state of a newer version than the patch knows.
     *
     * @param version unsigned, as all versions
     * @param other   the patch in force
     * @param has     its version
     */
    record StateOlder(PatchId patch, long state, int version, PatchId other, int has) implements Refusal {}

    /** A reference of the patch leads nowhere. */
    record BadReference(String variable, String reason) implements Refusal {}

    /** A value that is asked for does not exist, or cannot be read or written. */
    record NoData(String expression, String reason, List<Remedy> remedies) implements Refusal {
        public NoData {
            remedies = List.copyOf(remedies);
        }
    }

    /** The process does not carry the stub. */
    record NoStub(int process) implements Refusal {}

    /** No thread can be made to load anything without harm. */
    record LoadingForbidden(List<String> reasons, List<Remedy> remedies) implements Refusal {}

    /** No patch of that library is applied. */
    record NoPatches(String library) implements Refusal {}

    /** The process uses no dynamic loader, so nothing can be loaded into it. */
    record NoDynamicLoader(String executable) implements Refusal {}

    /** The stub cannot be brought into the process while it runs. */
    record CannotInject(String reason) implements Refusal {}

    /** The dynamic loader of the target did not load the file. */
    record LoaderRefused(String path, String loaderMessage) implements Refusal {}

    /** A file of the same name that is loaded already stands in the way. */
    record OtherFileLoaded(String path) implements Refusal {}

    /** The process has another C library than glibc, for which the stub is not made. */
    record OtherLibrary(String executable) implements Refusal {}

    /** The patch is a file that no loader of an x86-64 process loads. */
    record NotLoadable(String patch, String reason) implements Refusal {}

    /** The process runs no 64-bit x86 code. */
    record WrongMachine(String executable) implements Refusal {}

    /** It is a thread of the kernel, and no process. */
    record KernelThread(int process) implements Refusal {}

    /** The owner of the process does not want it to be patched. */
    record Disabled(int process) implements Refusal {}

    /** Another Pulpo is at work on the process. */
    record InUse(String holder) implements Refusal {}

    /** A tool died over a transaction of several processes, and it cannot be found out whether it is to stay. */
    record Undecided(List<Integer> processes, String reason) implements Refusal {
        public Undecided {
            processes = List.copyOf(processes);
        }
    }

    /** Threads still change to another patch, or back from it. */
    record InTransition(PatchId patch) implements Refusal {}

    /** No threads change. */
    record NoTransition(int process) implements Refusal {}

    /** Threads cannot change one after the other here. */
    record NotByThread(String reason) implements Refusal {}

    /** The process is not the one that the plan was made for. */
    record PlanOutdated(String reason) implements Refusal {}
}
