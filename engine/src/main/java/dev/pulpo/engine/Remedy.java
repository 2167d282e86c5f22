package dev.pulpo.engine;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What would help where something is refused or blocked, as a value. It knows nothing of command lines: their options are
 * the names that their {@link Wording} has for remedies.
 */
public sealed interface Remedy {
    /** What to do, as a sentence without the name to do it by. */
    String advice();

    /** How remedies are said: by which names their reader knows them. */
    @FunctionalInterface
    interface Wording {
        /** The names of this library: its methods. */
        Wording LIBRARY = remedy -> switch (remedy) {
            case WaitLonger longer -> "Consistency.timeout";
            case AskFor other -> "Consistency.Level." + other.level;
            case AllowCheck allowing -> "allow(Check." + allowing.check + ")";
            case ChooseSymbol choice -> "PlainPatch.choose";
            case Elsewhere elsewhere -> "";
            case Action action -> action.method;
        };

        /** The name by which a remedy is had, such as a method or an option; empty where there is none. */
        String name(Remedy remedy);

        /** Remedies with their names, for people; empty where there are none. */
        default String say(List<? extends Remedy> remedies) {
            return remedies.stream().map(this::say).collect(Collectors.joining("; "));
        }

        /** One remedy with its name. */
        default String say(Remedy remedy) {
            String name = name(remedy);
            return remedy.advice() + (name.isEmpty() ? "" : " (" + name + ")");
        }
    }

    /** To wait longer than the timeout, for what the advice says. */
    record WaitLonger(String advice) implements Remedy {}

    /** What is done without this library, such as to run it as another user, or must be known before anything is done. */
    record Elsewhere(String advice) implements Remedy {}

    /** To ask for another consistency. */
    record AskFor(Consistency.Level level) implements Remedy {
        @Override
        public String advice() {
            return switch (level) {
                case NONE -> "ask for nothing: no stack is looked at, new calls change at once, and those in progress "
                        + "finish in the code that they are in";
                case FUNCTION_QUIESCENT -> "ask for less: that no thread is in the functions that change";
                case LIBRARY_QUIESCENT -> "ask that no thread is in the library that changes";
                case PER_THREAD -> "let every thread change by itself when it is outside";
            };
        }
    }

    /** To allow what a check finds. */
    record AllowCheck(Check check) implements Remedy {
        @Override
        public String advice() {
            return "do it nevertheless";
        }
    }

    /** To say which of several symbols of a name is meant. */
    record ChooseSymbol(String name) implements Remedy {
        @Override
        public String advice() {
            return "choose one by its file";
        }
    }

    /** What is known when it is named. */
    enum Action implements Remedy {
        NAME_ONE("name one of them as listed", "LivePatch.target"), //
        NAME_REPLACEMENTS("name the target and the functions", "LivePatch.target, LivePatch.replace"), //
        NAME_PATH_IN_TARGET("patches are handed to it without a path, unless one is named", "LivePatch.seenAs"), //
        APPLY_DEPENDENCY("apply that one first", "LiveProcess.apply"), //
        REVERT_DEPENDENT("revert that one first", "LiveProcess.revert"), //
        PACK_ANEW("pack the patch anew", "PlainPatch.pack"), //
        LEAVE_OUT("leave that function out", "BuildDiff.Selection"), //
        ADD_SOURCE("write that function as source, and add it", "BuildDiff.Addition"), //
        ANSWER_FOR("or, after a look at both versions, answer for it by its name", "BuildDiff.Selection"), //
        PLAN_ANEW("plan again", "LiveProcess.plan"), //
        INJECT_STUB("inject it first", "LiveProcess.inject"), //
        PRELOAD_STUB("start the process with the stub preloaded", "LiveProcess.launcher"), //
        ALLOW_PATCHING("switch it on", "LiveProcess.setPatchable"), //
        USE_OTHER_CONSISTENCY("use another consistency", "Consistency"), //
        ALLOW_LONGER_STOP("allow a longer stop", "Consistency.maxPause"), //
        AWAIT_TRANSITION("wait until the last thread has changed", "LiveProcess.awaitTransition"), //
        FORCE_TRANSITION("make threads change where they are", "LiveProcess.forceTransition"), //
        REVERSE_TRANSITION("let those that have changed change back", "LiveProcess.reverseTransition"), //
        SUSPEND_SECCOMP("as root, its filters can be suspended meanwhile", "LiveProcess.applySuspendingSeccomp"), //
        RAISE_FILE_LIMIT("raise the limit", "prlimit(2)"), //
        CHOOSE_THREAD("choose a thread", "LiveProcess.variable"), //
        STATE_STACK("say how many bytes calls pass on the stack", "Probe.withStack"), //
        TRACE_ENTRIES("trace calls when they begin", "Probe.atEntry"), //
        LOOK_AT_PATCHES("look which patches it has", "LiveProcess.patches");

        private final String advice;
        private final String method;

        Action(String advice, String method) {
            this.advice = advice;
            this.method = method;
        }

        @Override
        public String advice() {
            return advice;
        }
    }
}
