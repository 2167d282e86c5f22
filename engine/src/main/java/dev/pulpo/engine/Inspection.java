package dev.pulpo.engine;

import dev.pulpo.engine.AppliedPatch.Standing;
import dev.pulpo.engine.AppliedPatch.Status;
import dev.pulpo.engine.apply.Bytes;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** What holds in a process, told by the bytes that are there and not by what was once written down. */
final class Inspection {
    private Inspection() {}

    /** Patches that are in force, ought to be, or are half done; oldest first. */
    static List<AppliedPatch> patches(Registry registry, TraceeMemory memory) {
        return registry.entries().stream().filter(entry -> !entry.patch().isDeparture())
                .filter(entry -> entry.patch().state() == PatchRecord.State.ACTIVE
                        || entry.patch().state() == PatchRecord.State.TRANSITION || entry.patch().state().isHalfDone())
                .sorted(Comparator.comparingLong(entry -> entry.patch().sequence()))
                .map(entry -> describe(registry, memory, entry))
                .toList();
    }

    private static AppliedPatch describe(Registry registry, TraceeMemory memory, Registry.Entry entry) {
        PatchRecord patch = entry.patch();
        List<AppliedPatch.Function> functions = patch.functions().stream()
                .map(function -> new AppliedPatch.Function(function.name(), standing(registry, memory, function)))
                .toList();
        boolean reached = functions.stream().allMatch(function -> function.standing() == Standing.THIS_PATCH
                || function.standing() == Standing.LATER_PATCH);
        Status status = switch (patch.state()) {
            case PREPARED, REVERTING, PENDING -> Status.HALF_DONE;
            case TRANSITION -> Status.IN_TRANSITION;
            case ACTIVE, REVERTED, UNLOADED -> reached ? Status.IN_FORCE : Status.NOT_IN_FORCE;
        };
        return new AppliedPatch(patch.id(), patch.file(), patch.target(), patch.appliedAt(), patch.comment(), status,
                functions);
    }

    private static Standing standing(Registry registry, TraceeMemory memory, FunctionRecord function) {
        byte[] found;
        try {
            found = Bytes.read(memory, function.site(), function.detour().length);
        } catch (SystemCallException unmapped) {
            return Standing.UNMAPPED;
        }
        if (Arrays.equals(found, function.detour())) {
            return Standing.THIS_PATCH;
        }
        if (Arrays.equals(found, function.gate())) {
            return Standing.BY_THREAD;
        }
        if (Arrays.equals(found, function.original())) {
            return Standing.ORIGINAL;
        }
        boolean later = registry.entries().stream()
                .filter(entry -> entry.patch().state() == PatchRecord.State.ACTIVE
                        || entry.patch().state() == PatchRecord.State.PENDING)
                .flatMap(entry -> entry.patch().functions().stream())
                .anyMatch(other -> other.entry().equals(function.entry()) && !other.equals(function)
                        && Arrays.equals(found, other.detour()));
        return later ? Standing.LATER_PATCH : Standing.UNKNOWN;
    }
}
