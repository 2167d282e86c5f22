package dev.pulpo.examples.ulp;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.AccessRefusedException;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.InTransitionException;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.ffm.SystemCallException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Set;

/**
 * The outcome of one patch in one process.
 *
 * @param patch  the file of the patch, or a text that represents it
 * @param reason libpulp's number of the failure, 0 for success
 * @param words  libpulp's message for that number
 * @param detail Pulpo's message; may be empty
 * @param status the exit status of the truthful command line
 */
record Verdict(String patch, int reason, String words, String detail, int status) {
    /** libpulp's numbers, of which its exit status is made. */
    static final int UNKNOWN = 256;
    static final int BUILD_ID = 1;
    static final int NO_STUB = 7;
    static final int NO_METADATA = 13;
    static final int NOT_APPLIED = 16;
    static final int ALREADY_APPLIED = 19;
    static final int NO_TARGET = 20;
    static final int DISABLED = 24;
    static final int NO_PATCHES = 28;
    /** ESRCH and EAGAIN of errno, which libpulp uses besides its own numbers. */
    static final int GONE = 3;
    static final int BUSY = 11;
    private static final int NOT_LOADED = 31;
    /** The numbers whose words leave out what a user has to know, such as which file is meant. */
    private static final Set<Integer> DETAILED = Set.of(UNKNOWN, BUSY, NOT_LOADED, BUILD_ID);

    static Verdict success(String patch) {
        return new Verdict(patch, 0, "", "", 0);
    }

    /**
     * An outcome that another process of the transaction caused. libpulp has no number for it.
     *
     * @param words  the message
     * @param status the exit status of the failure that caused it
     */
    static Verdict together(String patch, String words, int status) {
        return new Verdict(patch, UNKNOWN, words, "", status);
    }

    /** The verdict on what an operation has done, which may be nothing. */
    static Verdict of(String patch, Outcome outcome) {
        return switch (outcome.kind()) {
            case APPLIED, REVERTED -> success(patch);
            case IN_FORCE_ALREADY -> new Verdict(patch, ALREADY_APPLIED, "Patch already applied", "", 0);
            case NOT_IN_FORCE_ALREADY -> new Verdict(patch, NOT_APPLIED, "Patch not applied", "", 0);
        };
    }

    /** A failure in libpulp's terms. */
    static Verdict of(String patch, Exception failure) {
        String detail = FailureText.of(failure);
        int status = ExitStatus.of(failure);
        return switch (failure) {
            case RefusedException refused -> of(patch, refused.refusals().getFirst(), detail, status);
            case TargetGoneException gone -> new Verdict(patch, GONE, "No such process", detail, status);
            case BlockedException blocked ->
                new Verdict(patch, BUSY, "Resource temporarily unavailable", detail, status);
            case InTransitionException changing ->
                new Verdict(patch, BUSY, "Resource temporarily unavailable", detail, status);
            case PauseExceededException tooLong ->
                new Verdict(patch, BUSY, "Resource temporarily unavailable", detail, status);
            case TargetBusyException busy ->
                new Verdict(patch, BUSY, "Resource temporarily unavailable", detail, status);
            case AccessRefusedException refused -> new Verdict(patch, 2, "Error attaching to process", detail, status);
            case MalformedElfException malformed ->
                malformed.expected().contains("section .ulp")
                        ? new Verdict(patch, NO_METADATA, "No metadata in .so", detail, status)
                        : new Verdict(patch, 10, "Invalid .ulp file", detail, status);
            case NoSuchFileException missing ->
                new Verdict(patch, NO_METADATA, "No metadata in .so: " + detail, detail, status);
            case AccessDeniedException unreadable ->
                new Verdict(patch, NO_METADATA, "No metadata in .so: " + detail, detail, status);
            case OperationInterruptedException ended ->
                new Verdict(patch, BUSY, "Resource temporarily unavailable", detail, status);
            case PulpoException other -> new Verdict(patch, UNKNOWN, "Unknown error", detail, status);
            // For example a limit of the kernel; it says nothing about the patch.
            case IOException unreadable -> new Verdict(patch, UNKNOWN, "Unknown error", detail, status);
            case SystemCallException failed -> new Verdict(patch, UNKNOWN, "Unknown error", detail, status);
            default -> new Verdict(patch, UNKNOWN, "Unknown error", Unforeseen.words(failure), status);
        };
    }

    private static Verdict of(String patch, Refusal refusal, String detail, int status) {
        return switch (refusal) {
            case Refusal.BuildIdMismatch r ->
                new Verdict(patch, BUILD_ID, "Build ID mismatch", "buildid mismatch: " + detail, status);
            case Refusal.NoStub r ->
                new Verdict(patch, NO_STUB, "Libpulp not found in target process", detail, status);
            case Refusal.UnknownFunction r ->
                new Verdict(patch, 11, "To be patched function not found", detail, status);
            case Refusal.RenamedFunction r ->
                new Verdict(patch, 11, "To be patched function not found", detail, status);
            case Refusal.AmbiguousFunction r ->
                new Verdict(patch, 11, "To be patched function not found", detail, status);
            case Refusal.UnknownReplacement r -> new Verdict(patch, 12, "New function not found", detail, status);
            case Refusal.NotApplied r -> new Verdict(patch, NOT_APPLIED, "Patch not applied", detail, 0);
            case Refusal.MissingDependency r -> new Verdict(patch, 17, "Dependency failure", detail, status);
            case Refusal.NeededByOther r -> new Verdict(patch, 17, "Dependency failure", detail, status);
            case Refusal.AlreadyApplied r ->
                new Verdict(patch, ALREADY_APPLIED, "Patch already applied", detail, 0);
            case Refusal.Superseded r ->
                new Verdict(patch, ALREADY_APPLIED, "Patch already applied", detail, status);
            case Refusal.TargetNotLoaded r ->
                new Verdict(patch, NO_TARGET, "Target library not loaded", detail, status);
            case Refusal.NotPatchable r -> new Verdict(patch, 22, "Function is not livepatchable", detail, status);
            case Refusal.Disabled r ->
                new Verdict(patch, DISABLED, "Livepatching blocked by user request", detail, status);
            case Refusal.NoPatches r -> new Verdict(patch, NO_PATCHES, "No patches installed", detail, 0);
            case Refusal.LoaderRefused r -> new Verdict(patch, NOT_LOADED, "Failure in dlopen", detail, status);
            case Refusal.Unsafe r -> r.finding().check() == Check.UNDEFINED
                    ? new Verdict(patch, NOT_LOADED, "Failure in dlopen", detail, status)
                    : new Verdict(patch, UNKNOWN, "Unknown error", detail, status);
            default -> new Verdict(patch, UNKNOWN, "Unknown error", detail, status);
        };
    }

    boolean isSuccess() {
        return reason == 0;
    }

    /** Whether what was asked for was so already. */
    boolean isAlready() {
        return status == 0 && !isSuccess();
    }

    /** The same in words; libpulp has none. */
    String already() {
        return reason == ALREADY_APPLIED ? "in force already" : "not in force already";
    }

    /** Whether the patch is not for this process, or changes nothing in it. */
    boolean isSkipped() {
        return switch (reason) {
            case BUILD_ID, NO_TARGET, DISABLED, ALREADY_APPLIED, NO_PATCHES, GONE -> true;
            default -> false;
        };
    }

    /** Whether it is printed only if there is no other verdict. */
    boolean isMinor() {
        return reason == BUILD_ID || reason == NO_TARGET;
    }

    /** libpulp's message, with Pulpo's if libpulp's is too general. */
    String explanation() {
        return !detail.isEmpty() && DETAILED.contains(reason) ? words + ": " + detail : words;
    }
}
