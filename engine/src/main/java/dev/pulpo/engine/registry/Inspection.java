package dev.pulpo.engine.registry;

import dev.pulpo.engine.AppliedPatch.Standing;
import dev.pulpo.engine.AppliedPatch.Status;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Lists patches by what the bytes of the process say, beside the records. */
public final class Inspection {
    private Inspection() {}

    /** Patches that are in force, in transition or half done, or that should be in force; oldest first. */
    public static List<AppliedPatch> patches(Registry registry, TargetMemory memory) {
        Map<RemoteAddress, List<FunctionRecord>> byEntry = registry.records().stream().map(Registry.StoredRecord::patch)
                .filter(patch -> patch.state() == PatchRecord.State.ACTIVE
                        || patch.state() == PatchRecord.State.PENDING)
                .flatMap(patch -> patch.functions().stream()).collect(Collectors.groupingBy(FunctionRecord::entry));
        return registry.records().stream().map(Registry.StoredRecord::patch).filter(patch -> !patch.standsForRemoval())
                .filter(patch -> patch.state() == PatchRecord.State.ACTIVE
                        || patch.state() == PatchRecord.State.TRANSITION || patch.state().isHalfDone())
                .sorted(Comparator.comparingLong(PatchRecord::sequence))
                .map(patch -> describe(byEntry, memory, patch))
                .toList();
    }

    private static AppliedPatch describe(Map<RemoteAddress, List<FunctionRecord>> byEntry, TargetMemory memory,
            PatchRecord patch) {
        List<AppliedPatch.Function> functions = patch.functions().stream()
                .map(function -> new AppliedPatch.Function(function.name(), standing(byEntry, memory, function)))
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

    private static Standing standing(Map<RemoteAddress, List<FunctionRecord>> byEntry, TargetMemory memory,
            FunctionRecord function) {
        return switch (EntryState.of(memory, function)) {
            case DETOUR -> Standing.THIS_PATCH;
            case GATE -> Standing.BY_THREAD;
            case ORIGINAL -> Standing.ORIGINAL;
            case UNMAPPED -> Standing.UNMAPPED;
            case OTHER -> byEntry.getOrDefault(function.entry(), List.of()).stream()
                    .anyMatch(other -> EntryState.of(memory, other) == EntryState.DETOUR)
                            ? Standing.LATER_PATCH
                            : Standing.UNKNOWN;
        };
    }
}
