package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.Mapping;
import dev.pulpo.engine.plan.FunctionParts;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The code of functions as it is before a patch: their own, and that of the patch in force. */
final class OldCode {
    private OldCode() {}

    /** Where no thread may be when functions of an object are replaced, by what was asked for. */
    static List<CodeRanges.Range> of(Consistency.Level level, Session session, Registry registry, LoadedObject target,
            List<FunctionRecord> functions) {
        return switch (level) {
            // A thread that would return among the bytes that change, from a call or from a signal handler, would not
            // survive it, whatever was asked for.
            case NONE, PER_THREAD -> functions.stream().filter(function -> !function.isPrepared())
                    .map(OldCode::changing).toList();
            case LIBRARY_QUIESCENT -> of(target);
            case FUNCTION_QUIESCENT -> of(session, registry, target, functions);
        };
    }

    /** The bytes of a function that change, but the first: a thread there has not begun it. */
    static CodeRanges.Range changing(FunctionRecord function) {
        return new CodeRanges.Range(function.site().plus(1), function.site().plus(function.original().length),
                function.name());
    }

    /** All code of an object. */
    static List<CodeRanges.Range> of(LoadedObject object) {
        return object.mappings().stream().filter(Mapping::isExecutable)
                .map(mapping -> new CodeRanges.Range(mapping.start(), mapping.end(), object.fileName()))
                .toList();
    }

    /** The code of functions of an object. */
    static List<CodeRanges.Range> of(Session session, Registry registry, LoadedObject target,
            List<FunctionRecord> functions) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        FunctionParts parts = new FunctionParts(session.image(), target);
        for (FunctionRecord function : functions) {
            add(ranges, target, parts, function);
        }
        addReplaced(ranges, registry, functions);
        return ranges;
    }

    /** The patches whose functions are replaced, as those functions are now; and the ways to them. */
    private static void addReplaced(List<CodeRanges.Range> ranges, Registry registry, List<FunctionRecord> functions) {
        Set<RemoteAddress> entries = functions.stream().map(FunctionRecord::entry).collect(Collectors.toSet());
        for (Registry.Entry active : registry.active()) {
            PatchRecord patch = active.patch();
            patch.functions().stream()
                    .filter(function -> entries.contains(function.entry())
                            && registry.inForce(function.entry()).filter(function::equals).isPresent())
                    .findFirst()
                    .ifPresent(function -> {
                        ranges.add(new CodeRanges.Range(patch.start(), patch.end(),
                                "the patched version of " + function.name()));
                        ranges.add(Trampolines.wayTo(patch));
                    });
        }
    }

    /**
     * All of a function but its first byte, where a thread has not begun it yet; its padding, where one is on its way to the
     * patched version; and the parts that the compiler has moved away as unlikely. Where the size is not known it is the
     * whole object.
     */
    private static void add(List<CodeRanges.Range> ranges, LoadedObject target, FunctionParts parts,
            FunctionRecord function) {
        if (function.size() == 0) {
            ranges.addAll(of(target));
            return;
        }
        ranges.add(new CodeRanges.Range(function.site(), function.entry(), function.name()));
        ranges.add(new CodeRanges.Range(function.entry().plus(1), function.entry().plus(function.size()),
                function.name()));
        ranges.addAll(parts.of(function.entry(), function.size(), function.name()));
    }
}
