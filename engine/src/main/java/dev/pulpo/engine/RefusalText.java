package dev.pulpo.engine;

import java.util.List;
import java.util.stream.Collectors;

/** Refusals as text, and what helps against them. */
final class RefusalText {
    private RefusalText() {}

    static String of(Refusal refusal, Remedy.Wording words) {
        return switch (refusal) {
            case Refusal.Unsafe r -> r.finding().text(words);
            case Refusal.LoadingForbidden r -> problem(r) + BlockerText.help(r.remedies(), words);
            default -> problem(refusal)
                    + refusal.remedies().stream().map(remedy -> "; " + words.say(remedy)).collect(Collectors.joining());
        };
    }

    private static String problem(Refusal refusal) {
        return switch (refusal) {
            case Refusal.TargetNotLoaded r ->
                "the process has not loaded " + r.target() + "; it has " + String.join(", ", r.loaded());
            case Refusal.TargetAmbiguous r ->
                r.target() + " is loaded more than once: " + String.join(", ", r.paths());
            case Refusal.BuildIdMismatch r ->
                r.target() + " has build-id " + r.found() + ", and the patch is for " + r.expected();
            case Refusal.NothingToReplace r -> r.patch() + " does not say what it replaces";
            case Refusal.UnknownFunction r ->
                r.target() + " has no function " + r.function() + suggested(r.nearest());
            case Refusal.RenamedFunction r -> r.target() + " has no function " + r.function()
                    + "; the compiler has made " + String.join(", ", r.made()) + " of it: name "
                    + (r.made().size() == 1 ? "that" : "one of them");
            case Refusal.UnknownReplacement r ->
                r.patch() + " exports no function " + r.function() + suggested(r.nearest());
            case Refusal.AmbiguousFunction r ->
                r.target() + " has several functions " + r.function() + ": " + String.join(", ", r.addresses());
            case Refusal.NotPatchable r -> r.function() + " cannot be replaced: " + r.reason();
            case Refusal.Unreturned r -> r.function() + " cannot be seen to return: " + r.reason();
            case Refusal.UnknownOriginal r ->
                r.patch() + " wants to call the original of " + r.function() + ", which it does not replace";
            case Refusal.NoTrampoline r -> "the patch is too far from " + r.target()
                    + " for direct jumps, and no memory near that could be had: " + r.reason();
            case Refusal.UnexpectedBytes r -> "the entry of " + r.function() + " holds " + r.found() + " where "
                    + r.expected() + " was expected; another tool has changed it";
            case Refusal.OtherDetour r -> r.function() + " is replaced already by another live patcher: libpulp ("
                    + String.join(", ", r.libraries()) + "); revert its patch by its own tools first";
            case Refusal.ReplacedTwice r -> r.function() + " is to be replaced twice by one patch";
            case Refusal.Unsafe r -> r.finding().toString();
            case Refusal.AppliedElsewhere r -> "patch " + r.id().shortForm() + " is in force in " + r.target()
                    + ", and a patch can be in one loading of a library at a time; revert it there";
            case Refusal.AlreadyApplied r -> "patch " + r.id().shortForm() + " is in force already";
            case Refusal.Superseded r -> "patch " + r.id().shortForm()
                    + " is applied already, and a newer patch replaces functions of it: revert one of them first";
            case Refusal.AppliedTwice r -> "patch " + r.id().shortForm() + " is named twice";
            case Refusal.NotApplied r -> "patch " + r.patch() + " is not applied";
            case Refusal.MissingDependency r -> "patch " + r.patch().shortForm() + " depends on patch "
                    + r.dependency().hex() + ", which is not in force";
            case Refusal.NeededByOther r ->
                "patch " + r.other().shortForm() + " depends on patch " + r.patch().shortForm();
            case Refusal.BadDeclaration r -> r.patch() + " declares what cannot be: " + r.reason();
            case Refusal.CallbackRefused r -> "patch " + r.patch().shortForm() + " refuses to be applied: "
                    + (r.message().isEmpty() ? "its pulpo_before_apply returned " + r.result() : r.message());
            case Refusal.StateOlder r -> "patch " + r.patch().shortForm() + " knows version "
                    + Integer.toUnsignedString(r.version()) + " of the state " + Long.toUnsignedString(r.state())
                    + ", and patch " + r.other().shortForm() + " in force has left version "
                    + Integer.toUnsignedString(r.has());
            case Refusal.BadReference r -> "the reference to " + r.variable() + " cannot be resolved: " + r.reason();
            case Refusal.NoData r -> r.expression() + ": " + r.reason();
            case Refusal.NoStub r -> "process " + r.process() + " does not carry the stub";
            case Refusal.LoadingForbidden r ->
                "nothing can be loaded into the process: " + String.join("; ", r.reasons());
            case Refusal.NoPatches r -> "no patch of " + r.library() + " is applied";
            case Refusal.NoDynamicLoader r -> r.executable() + " has no dlopen: it is statically linked, or its C "
                    + "library is older than glibc 2.34 and it goes without libdl.so.2";
            case Refusal.CannotInject r -> "the stub cannot be injected: " + r.reason();
            case Refusal.LoaderRefused r ->
                "the target's loader did not load " + r.path() + ": " + r.loaderMessage();
            case Refusal.OtherFileLoaded r ->
                "the process has loaded another file as " + r.path() + " and keeps it";
            case Refusal.OtherLibrary r -> r.executable()
                    + " uses another C library than glibc, such as musl, and the stub is for glibc";
            case Refusal.NotLoadable r -> r.patch() + " cannot be loaded: " + r.reason();
            case Refusal.WrongMachine r -> r.executable() + " is no 64-bit x86 program";
            case Refusal.KernelThread r -> "it is a thread of the kernel";
            case Refusal.Disabled r -> "patching of process " + r.process()
                    + " is switched off by its owner: by set_patchable, or by LIBPULP_DISABLE_ON_* in its environment";
            case Refusal.InUse r -> "another Pulpo works on the process: " + r.holder();
            case Refusal.Undecided r -> "a tool that ended was at work on processes "
                    + r.processes().stream().map(String::valueOf).collect(Collectors.joining(", "))
                    + " together, and whether what it did stays cannot be found out: " + r.reason();
            case Refusal.InTransition r ->
                "threads still change to patch " + r.patch().shortForm() + ", or back from it";
            case Refusal.NoTransition r -> "no patch of process " + r.process() + " is in transition";
            case Refusal.NotByThread r -> "threads cannot change one after the other: " + r.reason();
            case Refusal.PlanOutdated r -> "the plan is out of date: " + r.reason();
        };
    }

    private static String suggested(List<String> nearest) {
        return nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?";
    }

    static List<Remedy> remedies(Refusal refusal) {
        return switch (refusal) {
            case Refusal.Unsafe r -> r.finding().remedies();
            case Refusal.TargetAmbiguous r -> List.of(Remedy.Action.NAME_ONE);
            case Refusal.NothingToReplace r -> List.of(Remedy.Action.NAME_REPLACEMENTS);
            case Refusal.Unreturned r -> r.tellable()
                    ? List.of(Remedy.Action.STATE_STACK, Remedy.Action.TRACE_ENTRIES)
                    : List.of(Remedy.Action.TRACE_ENTRIES);
            case Refusal.AppliedTwice r -> List.of(new Remedy.Elsewhere("name it once"));
            case Refusal.MissingDependency r -> List.of(Remedy.Action.APPLY_DEPENDENCY);
            case Refusal.NeededByOther r -> List.of(Remedy.Action.REVERT_DEPENDENT);
            case Refusal.BadReference r -> List.of(Remedy.Action.PACK_ANEW);
            case Refusal.NoStub r -> List.of(Remedy.Action.INJECT_STUB);
            case Refusal.CannotInject r -> List.of(Remedy.Action.PRELOAD_STUB);
            case Refusal.OtherFileLoaded r -> List.of(new Remedy.Elsewhere("give the patch file another name"));
            case Refusal.InUse r -> List.of(new Remedy.Elsewhere("try again when it is done"));
            case Refusal.InTransition r -> List.of(Remedy.Action.AWAIT_TRANSITION, Remedy.Action.FORCE_TRANSITION,
                    Remedy.Action.REVERSE_TRANSITION);
            case Refusal.NotByThread r -> List.of(Remedy.Action.USE_OTHER_CONSISTENCY);
            case Refusal.PlanOutdated r -> List.of(Remedy.Action.PLAN_ANEW);
            default -> List.of();
        };
    }
}
