package dev.pulpo.engine.apply;

import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.x86.ThreadGate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Records of patches whose target was closed, and perhaps opened again, since they were applied: the code is new, and
 * nothing leads to the patch any more. They are marked REVERTED before anything is decided by them. Were they believed,
 * a later patch that is taken back would leave their detours behind.
 */
final class Stale {
    private Stale() {}

    /**
     * Marks them. Returns the registry as it is afterwards.
     *
     * @param spared patches that are to be dealt with otherwise
     */
    static Registry retire(Session session, Registry registry, List<Registry.Entry> spared) {
        boolean any = false;
        List<Registry.Entry> active = registry.active();
        List<Registry.Entry> candidates = new ArrayList<>(active);
        registry.transition().ifPresent(candidates::add);
        Map<RemoteAddress, List<FunctionRecord>> bySite = active.stream()
                .flatMap(entry -> entry.patch().functions().stream())
                .collect(Collectors.groupingBy(FunctionRecord::site));
        for (Registry.Entry entry : candidates) {
            if (!spared.contains(entry) && !entry.patch().functions().isEmpty() && entry.patch().functions().stream()
                    .allMatch(function -> isGone(session, bySite, entry.patch(), function))) {
                Registry.setState(session.memory(), entry, PatchRecord.State.REVERTED);
                session.message(
                        "patch " + entry.patch().id().shortForm() + " is out of force: " + entry.patch().target()
                                + " was closed since");
                any = true;
            }
        }
        return any ? session.readRegistry() : registry;
    }

    /** Whether threads change back from it, so that the original code may be there without anybody having loaded it anew. */
    private static boolean isGoing(Session session, PatchRecord patch) {
        return patch.state() == PatchRecord.State.TRANSITION
                && Bytes.read(session.memory(), patch.mode(), 1)[0] == ThreadGate.TO_OLD;
    }

    private static boolean isGone(Session session, Map<RemoteAddress, List<FunctionRecord>> bySite, PatchRecord patch,
            FunctionRecord function) {
        Optional<LoadedObject> object = session.image().containing(function.site());
        if (object.isEmpty() || !object.get().elf().buildId().map(BuildId::hex).orElse("").equals(patch.buildId())) {
            return true;
        }
        byte[] found;
        try {
            found = Bytes.read(session.memory(), function.site(), function.detour().length);
        } catch (SystemCallException unmapped) {
            return true;
        }
        boolean detoured = bySite.getOrDefault(function.site(), List.of()).stream()
                .anyMatch(other -> Arrays.equals(other.detour(), found));
        return !detoured && !isGoing(session, patch) && Arrays.equals(found, function.original());
    }
}
