package dev.pulpo.engine.load;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.plan.EntryRefusalText;
import dev.pulpo.engine.plan.EntrySite;
import dev.pulpo.engine.plan.Originals.Original;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.EntryDetour;
import dev.pulpo.x86.EntryPlan;
import dev.pulpo.x86.FarJump;
import dev.pulpo.x86.PreparedDetour;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The bytes of a patch's detours, once the patch has an address. A function that was built to be replaced has space for any
 * jump. Others need a trampoline where the patch is out of reach, or the original must stay callable:
 *
 * <pre>
 *    block:  slot 0                                 slot 1                      each EntryDetour.TRAMPOLINE_MAX bytes
 *            [&replacement] [moved, jmp back]       ...
 * </pre>
 *
 * <p>For a transition by thread, {@link Gates} come before the slots.
 */
final class Detours {
    private static final long PAGE = 4096;
    private static final byte[] NO_GATE = {};

    private final LoadedObject target;
    private final PatchPlan plan;
    private final long bias;
    private final List<Original> originals;
    private final Set<String> callable = new HashSet<>();
    private final Optional<Gates> gates;
    private final Map<RemoteAddress, FunctionRecord> inForce;

    /** The record of one function, the code to write near it, and the address at which its original can be called. */
    private record Made(FunctionRecord function, List<CodeBytes> code, Optional<RemoteAddress> original) {}

    private final List<Made> made = new ArrayList<>();

    /**
     * @param target    the object whose functions change
     * @param bias      from the patch's link addresses to remote ones
     * @param originals the originals that the patch calls
     * @param gates     for a transition by thread
     * @param inForce   patched functions by entry, whose calls go to an earlier patch
     */
    Detours(LoadedObject target, PatchPlan plan, long bias, List<Original> originals, Optional<Gates> gates,
            Map<RemoteAddress, FunctionRecord> inForce) {
        this.target = target;
        this.plan = plan;
        this.bias = bias;
        this.originals = originals;
        this.gates = gates;
        this.inForce = inForce;
        originals.forEach(original -> callable.add(original.function()));
    }

    LoadedObject target() {
        return target;
    }

    /** The memory that is needed near the target, in bytes: whole pages. */
    long blockSize() {
        long slots = plan.functions().stream().filter(this::needsTrampoline).count();
        return gateBytes() + slots * EntryDetour.TRAMPOLINE_MAX + PAGE - 1 & -PAGE;
    }

    private long gateBytes() {
        return gates.isPresent() ? Gates.bytes(plan.functions().size()) : 0;
    }

    private boolean needsTrampoline(PlannedFunction function) {
        return !function.prepared() && (isCallable(function) || !FarJump.reachesDirectly(
                new CodeAddress(function.site().value()), new CodeAddress(replacement(function).value())));
    }

    /** Whether the patch, or a gate, calls the original. */
    private boolean isCallable(PlannedFunction function) {
        return callable.contains(function.function())
                || gates.isPresent() && !gates.get().inForce().containsKey(function.entry());
    }

    private RemoteAddress replacement(PlannedFunction function) {
        return new RemoteAddress(function.replacementLink().value() + bias);
    }

    /**
     * Makes all detours.
     *
     * @param block of {@link #blockSize} bytes
     * @throws RefusedException where a detour does not fit these addresses
     */
    void make(TrampolineBlock block) {
        int slot = 0;
        for (PlannedFunction function : plan.functions()) {
            if (function.prepared()) {
                made.add(prepared(function, block));
            } else {
                boolean needs = needsTrampoline(function);
                // Without a trampoline any address in reach will do: nothing is written there.
                RemoteAddress place = needs
                        ? block.start().plus(gateBytes() + (long) slot * EntryDetour.TRAMPOLINE_MAX)
                        : function.entry();
                made.add(unprepared(function, place, block));
                slot += needs ? 1 : 0;
            }
        }
    }

    private Made prepared(PlannedFunction function, TrampolineBlock block) {
        byte[] original = function.original().toArray();
        PreparedDetour detour = new PreparedDetour(new CodeAddress(function.entry().value()), function.endbr64());
        byte[] changed = leadingTo(new CodeAddress(replacement(function).value()), detour, original);
        byte[] gate = gates.isPresent() ? leadingTo(Gates.at(block, made.size()), detour, original) : NO_GATE;
        // The original continues after the two bytes that jump to the padding; nothing else was overwritten.
        RemoteAddress continuation = new RemoteAddress(detour.flipSlot().plus(PreparedDetour.FLIP).value());
        RemoteAddress before = before(function, Optional.of(continuation));
        return new Made(record(function, original, changed, gate, before), gate(function, block, before),
                Optional.of(continuation));
    }

    private static byte[] leadingTo(CodeAddress address, PreparedDetour detour, byte[] original) {
        byte[] padding = detour.paddingTo(address).toByteArray();
        byte[] flip = detour.flip().toByteArray();
        // An endbr64 between padding and flip slot stays.
        byte[] changed = original.clone();
        System.arraycopy(padding, 0, changed, 0, padding.length);
        System.arraycopy(flip, 0, changed, changed.length - flip.length, flip.length);
        return changed;
    }

    /** The code of the function's gate, if gates are made: the next one. */
    private List<CodeBytes> gate(PlannedFunction function, TrampolineBlock block, RemoteAddress before) {
        return gates.map(all -> all.code(block, made.size(), before, replacement(function))).stream().toList();
    }

    /** The address that calls of a function reach before this patch; the null address without gates. */
    private RemoteAddress before(PlannedFunction function, Optional<RemoteAddress> original) {
        return gates.map(all -> Optional.ofNullable(all.inForce().get(function.entry()))
                .map(FunctionRecord::replacement).or(() -> original).orElseThrow()).orElse(RemoteAddress.NULL);
    }

    private Made unprepared(PlannedFunction function, RemoteAddress trampoline, TrampolineBlock block) {
        EntrySite site = EntrySite.of(target, function.entry(), function.size(), isCallable(function));
        // The number of bytes that the plan has examined for branches into them.
        int room = function.original().length();
        return switch (site.detour(replacement(function), trampoline, room)) {
            case EntryPlan.Refused refused -> throw new RefusedException(plan.pid(),
                    new Refusal.NotPatchable(function.function(), EntryRefusalText.of(refused)));
            case EntryPlan.Planned planned -> {
                EntryDetour detour = planned.detour();
                Optional<RemoteAddress> original = detour.original()
                        .map(address -> new RemoteAddress(address.value()));
                byte[] gate = gates.isPresent()
                        ? detour.jumpTo(Gates.at(block, made.size())).toByteArray()
                        : NO_GATE;
                RemoteAddress before = before(function, original);
                List<CodeBytes> code = new ArrayList<>(gate(function, block, before));
                code.add(detour.trampoline());
                yield new Made(
                        record(function, detour.expected().toByteArray(), detour.jump().toByteArray(), gate,
                                before),
                        code,
                        original);
            }
        };
    }

    private FunctionRecord record(PlannedFunction function, byte[] original, byte[] changed, byte[] gate,
            RemoteAddress before) {
        return new FunctionRecord(function.function(), function.entry(), replacement(function), function.site(),
                original, changed, gate, before, function.size());
    }

    /** The records of the functions, in the order of the plan. */
    List<FunctionRecord> functions() {
        return made.stream().map(Made::function).toList();
    }

    /** Writes the trampolines, and the addresses of originals into the patch. No code leads to either yet. */
    void write(TraceeMemory memory) {
        Map<String, List<Original>> called = originals.stream().collect(Collectors.groupingBy(Original::function));
        for (Made one : made) {
            for (CodeBytes code : one.code) {
                if (code.length() > 0) {
                    memory.write(new RemoteAddress(code.start().value()), code.toByteArray());
                }
            }
            for (Original original : called.getOrDefault(one.function.name(), List.of())) {
                FunctionRecord earlier = original.previous() ? inForce.get(one.function.entry()) : null;
                memory.writeLongs(new RemoteAddress(original.slot().value() + bias),
                        (earlier == null ? one.original.orElseThrow() : earlier.replacement()).value());
            }
        }
    }
}
