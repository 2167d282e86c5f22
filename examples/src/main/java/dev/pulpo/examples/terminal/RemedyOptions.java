package dev.pulpo.examples.terminal;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Remedy;

/** By which options and commands users have the remedies that the library knows as values. */
public final class RemedyOptions {
    /** How messages say remedies on the command line. */
    public static final Remedy.Wording WORDING = RemedyOptions::of;

    private RemedyOptions() {}

    private static String of(Remedy remedy) {
        return switch (remedy) {
            case Remedy.WaitLonger longer -> "--timeout";
            case Remedy.AskFor other -> "--consistency " + word(other.level());
            case Remedy.AllowCheck allowing -> "--allow " + allowing.check().word();
            case Remedy.ChooseSymbol choice -> "--choose " + choice.name() + "=FILE";
            case Remedy.Elsewhere elsewhere -> "";
            case Remedy.Action action -> of(action);
        };
    }

    private static String of(Remedy.Action action) {
        return switch (action) {
            case NAME_ONE -> "--target";
            case NAME_REPLACEMENTS -> "--target, --replace";
            case LEAVE_OUT -> "--without";
            case ADD_SOURCE -> "--add";
            case ANSWER_FOR -> "--releases-old";
            case INJECT_STUB -> "pulpo inject";
            case ALLOW_PATCHING -> "ulp set_patchable enable";
            case USE_OTHER_CONSISTENCY -> "--consistency";
            case ALLOW_LONGER_STOP -> "--max-pause";
            case AWAIT_TRANSITION -> "pulpo transition --wait";
            case FORCE_TRANSITION -> "pulpo transition --force";
            case REVERSE_TRANSITION -> "pulpo transition --cancel";
            case SUSPEND_SECCOMP -> "ulp trigger --disable-seccomp";
            case RAISE_FILE_LIMIT -> "prlimit --fsize";
            case NAME_PATH_IN_TARGET -> "pulpo trigger -R";
            case CHOOSE_THREAD -> "--thread";
            case STATE_STACK -> "pulpo probe --stack";
            case TRACE_ENTRIES -> "pulpo probe trace --entry";
            case LOOK_AT_PATCHES -> "pulpo patches";
            case APPLY_DEPENDENCY, REVERT_DEPENDENT, PACK_ANEW, PLAN_ANEW, PRELOAD_STUB -> "";
        };
    }

    /** A level as people type it. */
    private static String word(Consistency.Level level) {
        return switch (level) {
            case NONE -> "none";
            case FUNCTION_QUIESCENT -> "function";
            case LIBRARY_QUIESCENT -> "library";
            case PER_THREAD -> "thread";
        };
    }
}
