package dev.pulpo.engine.commit;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.FunctionParts;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The code that no thread may be in: functions as they are before a patch, and the replacements in force. */
public final class QuiescenceRanges {
    private QuiescenceRanges() {}

    /**
     * The forbidden code for a change of functions of an object.
     *
     * @param level the requested consistency
     */
    public static List<CodeRanges.Range> of(Consistency.Level level, Session session, LoadedObject target,
            List<FunctionRecord> functions) {
        return switch (level) {
            // A thread that returns into the changing bytes, from a call or a signal handler, would crash, whatever the
            // level.
            case NONE, PER_THREAD -> functions.stream().filter(function -> !function.isPrepared())
                    .map(QuiescenceRanges::changing).toList();
            case LIBRARY_QUIESCENT -> of(target);
            case FUNCTION_QUIESCENT -> of(session, target, functions);
        };
    }

    /** The changing bytes of a function except the first: a thread there has not begun the function. */
    public static CodeRanges.Range changing(FunctionRecord function) {
        return new CodeRanges.Range(function.site().plus(1), function.site().plus(function.original().length),
                function.name());
    }

    /** All code of an object. */
    public static List<CodeRanges.Range> of(LoadedObject object) {
        return object.mappings().stream().filter(Mapping::isExecutable)
                .map(mapping -> new CodeRanges.Range(mapping.start(), mapping.end(), object.fileName()))
                .toList();
    }

    /** The code of functions of an object, and of their replacements in force. */
    public static List<CodeRanges.Range> of(Session session, LoadedObject target,
            List<FunctionRecord> functions) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        FunctionParts parts = new FunctionParts(session.image(), target);
        for (FunctionRecord function : functions) {
            add(ranges, target, parts, function);
        }
        addReplaced(ranges, session.ledger().now(), functions);
        return ranges;
    }

    /** Adds the patches whose replacements are in force for these functions, and their trampolines. */
    private static void addReplaced(List<CodeRanges.Range> ranges, Registry registry, List<FunctionRecord> functions) {
        Set<RemoteAddress> entries = functions.stream().map(FunctionRecord::entry).collect(Collectors.toSet());
        for (Registry.StoredRecord active : registry.active()) {
            PatchRecord patch = active.patch();
            patch.functions().stream()
                    .filter(function -> entries.contains(function.entry())
                            && registry.inForce(function.entry()).filter(function::equals).isPresent())
                    .findFirst()
                    .ifPresent(function -> {
                        ranges.add(new CodeRanges.Range(patch.start(), patch.end(),
                                "the patched version of " + function.name()));
                        ranges.add(TrampolineMemory.wayTo(patch));
                    });
        }
    }

    /**
     * Adds a function without its first byte, where a thread has not begun it yet; its padding, where a thread is on
     * the way to the replacement; and the parts that the compiler moved away as unlikely. Where the size is unknown,
     * adds the whole object.
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
