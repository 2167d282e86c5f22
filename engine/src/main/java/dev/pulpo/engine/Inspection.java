package dev.pulpo.engine;

import dev.pulpo.engine.AppliedPatch.Standing;
import dev.pulpo.engine.AppliedPatch.Status;
import dev.pulpo.engine.apply.Bytes;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What holds in a process, told by the bytes that are there and not by what was once written down. */
final class Inspection {
    private Inspection() {}

    /** Patches that are in force, ought to be, or are half done; oldest first. */
    static List<AppliedPatch> patches(Registry registry, TargetMemory memory) {
        Map<RemoteAddress, List<FunctionRecord>> byEntry = registry.entries().stream().map(Registry.Entry::patch)
                .filter(patch -> patch.state() == PatchRecord.State.ACTIVE
                        || patch.state() == PatchRecord.State.PENDING)
                .flatMap(patch -> patch.functions().stream()).collect(Collectors.groupingBy(FunctionRecord::entry));
        return registry.entries().stream().map(Registry.Entry::patch).filter(patch -> !patch.isDeparture())
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
        boolean later = byEntry.getOrDefault(function.entry(), List.of()).stream()
                .anyMatch(other -> !other.equals(function) && Arrays.equals(found, other.detour()));
        return later ? Standing.LATER_PATCH : Standing.UNKNOWN;
    }
}
