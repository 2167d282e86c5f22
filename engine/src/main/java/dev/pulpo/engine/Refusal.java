package dev.pulpo.engine;

import java.util.List;

/** A reason why something cannot or must not be done. A value: nothing has been changed when it is found. */
public sealed interface Refusal {
    /** The reason and what would help, for a person to read. */
    String message();

    /** The process maps no object of that name. */
    record TargetNotLoaded(String target, List<String> loaded) implements Refusal {
        @Override
        public String message() {
            return "the process has not loaded " + target + "; it has " + String.join(", ", loaded);
        }
    }

    /** The process maps several objects of that name. */
    record TargetAmbiguous(String target, List<String> paths) implements Refusal {
        @Override
        public String message() {
            return target + " is loaded more than once: " + String.join(", ", paths) + "; name one by its path";
        }
    }

    /** The patch is for another build of the target. */
    record BuildIdMismatch(String target, String expected, String found) implements Refusal {
        @Override
        public String message() {
            return target + " has build-id " + found + ", and the patch is for " + expected;
        }
    }

    /** The patch does not say what it replaces. */
    record NothingToReplace(String patch) implements Refusal {
        @Override
        public String message() {
            return patch + " does not say what it replaces: name the target and the functions (--target, --replace)";
        }
    }

    /** The target has no function of that name. */
    record UnknownFunction(String target, String function, List<String> nearest) implements Refusal {
        @Override
        public String message() {
            return target + " has no function " + function
                    + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?");
        }
    }

    /** The patch exports no function of that name. */
    record UnknownReplacement(String patch, String function, List<String> nearest) implements Refusal {
        @Override
        public String message() {
            return patch + " exports no function " + function
                    + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?");
        }
    }

    /** The function's name has several meanings. */
    record AmbiguousFunction(String target, String function, List<String> addresses) implements Refusal {
        @Override
        public String message() {
            return target + " has several functions " + function + ": " + String.join(", ", addresses);
        }
    }

    /** The function cannot be detoured. */
    record NotPatchable(String function, String reason) implements Refusal {
        @Override
        public String message() {
            return function + " cannot be replaced: " + reason;
        }
    }

    /** The patch wants to call the original of a function that it does not replace. */
    record UnknownOriginal(String patch, String function) implements Refusal {
        @Override
        public String message() {
            return patch + " wants to call the original of " + function + ", which it does not replace";
        }
    }

    /** Jumps to the patch need a place near the target for a longer jump, and there is none. */
    record NoTrampoline(String target, String reason) implements Refusal {
        @Override
        public String message() {
            return "the patch is too far from " + target + " for direct jumps, and no memory near that could be had: "
                    + reason;
        }
    }

    /** The function's code is not what it should be: something else has changed it. */
    record UnexpectedBytes(String function, String found, String expected) implements Refusal {
        @Override
        public String message() {
            return "the entry of " + function + " holds " + found + " where " + expected
                    + " was expected; another tool has changed it";
        }
    }

    /** One function is named twice. */
    record ReplacedTwice(String function) implements Refusal {
        @Override
        public String message() {
            return function + " is to be replaced twice by one patch";
        }
    }

    /** The patch would not do what it is meant to do, or do harm. */
    record Unsafe(Finding finding) implements Refusal {
        @Override
        public String message() {
            return finding.check().isOverridable()
                    ? finding + System.lineSeparator() + "    to do it nevertheless: --allow " + finding.check().word()
                    : finding.toString();
        }
    }

    /** This very patch is in force. */
    record AlreadyApplied(PatchId id) implements Refusal {
        @Override
        public String message() {
            return "patch " + id.shortForm() + " is applied already";
        }
    }

    /** This very patch is to come into force twice in one stop. */
    record AppliedTwice(PatchId id) implements Refusal {
        @Override
        public String message() {
            return "patch " + id.shortForm() + " is named twice; name it once";
        }
    }

    /** The patch is not applied, so it cannot be reverted. */
    record NotApplied(String patch) implements Refusal {
        @Override
        public String message() {
            return "patch " + patch + " is not applied";
        }
    }

    /** A patch that must be there before is not in force. */
    record MissingDependency(PatchId patch, PatchId dependency) implements Refusal {
        @Override
        public String message() {
            return "patch " + patch.shortForm() + " depends on patch " + dependency.hex()
                    + ", which is not in force; apply that one first";
        }
    }

    /** A patch in force depends on one that is to go. */
    record NeededByOther(PatchId patch, PatchId other) implements Refusal {
        @Override
        public String message() {
            return "patch " + other.shortForm() + " depends on patch " + patch.shortForm() + "; revert that one first";
        }
    }

    /** A reference of the patch leads nowhere. */
    record BadReference(String variable, String reason) implements Refusal {
        @Override
        public String message() {
            return "the reference to " + variable + " cannot be resolved: " + reason + "; pack the patch anew";
        }
    }

    /** The process does not carry the stub. */
    record NoStub(int process) implements Refusal {
        @Override
        public String message() {
            return "process " + process + " does not carry the stub; inject it first";
        }
    }

    /** No thread can be made to load anything without being killed for it. */
    record LoadingForbidden(List<String> reasons) implements Refusal {
        @Override
        public String message() {
            return "nothing can be loaded into the process: " + String.join("; ", reasons);
        }
    }

    /** No patch of that library is applied. */
    record NoPatches(String library) implements Refusal {
        @Override
        public String message() {
            return "no patch of " + library + " is applied";
        }
    }

    /** The process uses no dynamic loader, so nothing can be loaded into it. */
    record NoDynamicLoader(String executable) implements Refusal {
        @Override
        public String message() {
            return executable
                    + " has no dlopen: it is statically linked, or its C library is older than glibc 2.34 and "
                    + "it goes without libdl.so.2";
        }
    }

    /** The stub cannot be brought into the process while it runs. */
    record CannotInject(String reason) implements Refusal {
        @Override
        public String message() {
            return "the stub cannot be injected: " + reason + "; start the process with the stub preloaded";
        }
    }

    /** The dynamic loader of the target did not load the file. */
    record LoaderRefused(String path, String loaderMessage) implements Refusal {
        @Override
        public String message() {
            return "the target's loader did not load " + path + ": " + loaderMessage;
        }
    }

    /** A file of the same name that is loaded already stands in the way. */
    record OtherFileLoaded(String path) implements Refusal {
        @Override
        public String message() {
            return "the process has loaded another file as " + path
                    + " and keeps it; give the patch file another name";
        }
    }

    /** The process runs no 64-bit x86 code. */
    record WrongMachine(String executable) implements Refusal {
        @Override
        public String message() {
            return executable + " is no 64-bit x86 program";
        }
    }

    /** The owner of the process does not want it to be patched. */
    record Disabled(int process) implements Refusal {
        @Override
        public String message() {
            return "patching of process " + process
                    + " is switched off by its owner: by set_patchable, or by LIBPULP_DISABLE_ON_* in its environment";
        }
    }

    /** Another Pulpo is at work on the process. */
    record InUse(String holder) implements Refusal {
        @Override
        public String message() {
            return "another Pulpo works on the process: " + holder + "; try again when it is done";
        }
    }

    /** A tool died over a transaction of several processes, and it cannot be found out whether it is to stay. */
    record Undecided(List<Integer> processes, String reason) implements Refusal {
        public Undecided {
            processes = List.copyOf(processes);
        }

        @Override
        public String message() {
            return "a tool that ended was at work on processes " + processes.stream().map(String::valueOf)
                    .collect(java.util.stream.Collectors.joining(", "))
                    + " together, and whether what it did stays cannot be found out: " + reason;
        }
    }

    /** Threads still change to another patch, or back from it. */
    record InTransition(PatchId patch) implements Refusal {
        @Override
        public String message() {
            return "threads still change to patch " + patch.shortForm()
                    + ", or back from it; wait for them, force it or turn it back first (pulpo transition)";
        }
    }

    /** No threads change. */
    record NoTransition(int process) implements Refusal {
        @Override
        public String message() {
            return "no patch of process " + process + " is in transition";
        }
    }

    /** Threads cannot change one after the other here. */
    record NotByThread(String reason) implements Refusal {
        @Override
        public String message() {
            return "threads cannot change one after the other: " + reason + "; use another consistency";
        }
    }

    /** The process is not the one that the plan was made for. */
    record PlanOutdated(String reason) implements Refusal {
        @Override
        public String message() {
            return "the plan is out of date: " + reason + "; plan again";
        }
    }
}
