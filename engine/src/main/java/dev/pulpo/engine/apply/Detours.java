package dev.pulpo.engine.apply;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.EntrySite;
import dev.pulpo.engine.plan.Originals.Original;
import dev.pulpo.engine.plan.Reasons;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.EntryDetour;
import dev.pulpo.x86.EntryPlan;
import dev.pulpo.x86.FarJump;
import dev.pulpo.x86.PreparedDetour;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The bytes of a patch's detours, once it is known where the patch has been loaded. A function that was built to be replaced
 * has room for any jump. For others a trampoline is needed where the patch is too far away, or its original is to be called:
 *
 * <pre>
 *    block:  slot 0                                 slot 1                      each EntryDetour.TRAMPOLINE_MAX bytes
 *            [&replacement] [moved, jmp back]       ...
 * </pre>
 */
final class Detours {
    private static final long PAGE = 4096;

    private final LoadedObject target;
    private final PatchPlan plan;
    private final long bias;
    private final List<Original> originals;
    private final Set<String> callable = new HashSet<>();

    /** What was made of one function: its record, its trampoline, and where its original can be called. */
    private record Made(FunctionRecord function, Optional<CodeBytes> trampoline, Optional<RemoteAddress> original) {}

    private final List<Made> made = new ArrayList<>();

    /**
     * @param target    the object whose functions change
     * @param bias      what was added to the link addresses of the patch
     * @param originals what the patch wants to call
     */
    Detours(LoadedObject target, PatchPlan plan, long bias, List<Original> originals) {
        this.target = target;
        this.plan = plan;
        this.bias = bias;
        this.originals = originals;
        originals.forEach(original -> callable.add(original.function()));
    }

    LoadedObject target() {
        return target;
    }

    /** How much memory near the target is needed, in bytes: whole pages. */
    long blockSize() {
        long slots = plan.functions().stream().filter(this::needsTrampoline).count();
        return slots * EntryDetour.TRAMPOLINE_MAX + PAGE - 1 & -PAGE;
    }

    private boolean needsTrampoline(PlannedFunction function) {
        return !function.prepared() && (callable.contains(function.function()) || !FarJump.reachesDirectly(
                new CodeAddress(function.site().value()), new CodeAddress(replacement(function).value())));
    }

    private RemoteAddress replacement(PlannedFunction function) {
        return new RemoteAddress(function.replacementLink().value() + bias);
    }

    /**
     * Makes all detours.
     *
     * @param block of {@link #blockSize} bytes
     * @throws RefusedException where one cannot be made with what is where
     */
    void make(TrampolineBlock block) {
        int slot = 0;
        for (PlannedFunction function : plan.functions()) {
            if (function.prepared()) {
                made.add(prepared(function));
            } else {
                boolean needs = needsTrampoline(function);
                // Without a trampoline any address in reach will do: nothing is written there.
                RemoteAddress place = needs
                        ? block.start().plus((long) slot * EntryDetour.TRAMPOLINE_MAX)
                        : function.entry();
                made.add(unprepared(function, place));
                slot += needs ? 1 : 0;
            }
        }
    }

    private Made prepared(PlannedFunction function) {
        byte[] original = HexFormat.of().parseHex(function.original());
        PreparedDetour detour = new PreparedDetour(new CodeAddress(function.entry().value()), function.endbr64());
        byte[] padding = detour.paddingTo(new CodeAddress(replacement(function).value())).toByteArray();
        byte[] flip = detour.flip().toByteArray();
        // Between padding and flip slot an endbr64 may stand, and stays.
        byte[] changed = original.clone();
        System.arraycopy(padding, 0, changed, 0, padding.length);
        System.arraycopy(flip, 0, changed, changed.length - flip.length, flip.length);
        // The function goes on behind the two bytes that lead to its padding; nothing but them is missing there.
        RemoteAddress behind = new RemoteAddress(detour.flipSlot().plus(PreparedDetour.FLIP).value());
        return new Made(record(function, original, changed), Optional.empty(), Optional.of(behind));
    }

    private Made unprepared(PlannedFunction function, RemoteAddress trampoline) {
        EntrySite site = EntrySite.of(target, function.entry(), function.size(),
                callable.contains(function.function()));
        // As many bytes as were planned for; what could lead into them has been looked for.
        int room = function.original().length() / 2;
        return switch (site.detour(replacement(function), trampoline, room)) {
            case EntryPlan.Refused refused -> throw new RefusedException(plan.pid(),
                    new Refusal.NotPatchable(function.function(), Reasons.of(refused)));
            case EntryPlan.Planned planned -> {
                EntryDetour detour = planned.detour();
                yield new Made(record(function, detour.expected().toByteArray(), detour.jump().toByteArray()),
                        Optional.of(detour.trampoline()),
                        detour.original().map(address -> new RemoteAddress(address.value())));
            }
        };
    }

    private FunctionRecord record(PlannedFunction function, byte[] original, byte[] changed) {
        return new FunctionRecord(function.function(), function.entry(), replacement(function), function.site(),
                original, changed);
    }

    /** The functions as the registry keeps them, in the order of the plan. */
    List<FunctionRecord> functions() {
        return made.stream().map(Made::function).toList();
    }

    /** Writes the trampolines, and into the patch where originals are; no code of the process leads to either yet. */
    void write(TraceeMemory memory) {
        try (Arena arena = Arena.ofConfined()) {
            for (Made one : made) {
                if (one.trampoline.filter(code -> code.length() > 0).isPresent()) {
                    CodeBytes code = one.trampoline.get();
                    memory.write(new RemoteAddress(code.start().value()),
                            arena.allocateFrom(ValueLayout.JAVA_BYTE, code.toByteArray()));
                }
                for (Original original : originals) {
                    if (original.function().equals(one.function.name())) {
                        long address = one.original.orElseThrow().value();
                        memory.write(new RemoteAddress(original.slot().value() + bias),
                                arena.allocateFrom(ValueLayout.JAVA_LONG, address));
                    }
                }
            }
        }
    }
}
