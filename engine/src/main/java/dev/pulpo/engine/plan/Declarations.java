package dev.pulpo.engine.plan;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.registry.Callback;
import dev.pulpo.engine.registry.Callbacks;
import dev.pulpo.engine.registry.Declared;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a patch file declares with {@code pulpo.h}. A callback is an exported function of a certain name. The rest is in
 * sections:
 *
 * <pre>
 *   pulpo_runtime   u64 slot: receives the address of the functions for shadow variables
 *   pulpo_shadows   u64 id
 *   pulpo_states    u64 id, u32 version, u32 slot: receives the version that the process has
 * </pre>
 *
 * @param callbacks link addresses of those that the patch has
 * @param runtime   link addresses of the slots
 * @param shadows   ids of shadow variables
 * @param states    the states
 * @param problems  why the patch must not be applied: {@code pulpo.h} cannot have made it
 */
public record Declarations(Map<Callback, LinkAddress> callbacks, List<LinkAddress> runtime, List<Long> shadows,
        List<State> states, List<String> problems) {
    private static final int MOST_SLOTS = 4096;
    private static final int STATE_BYTES = 16;
    private static final int STATE_SLOT = 12;

    /**
     * A state.
     *
     * @param slot link address of the four bytes that receive the version that the process has
     */
    public record State(Declared.State state, LinkAddress slot) {}

    /** The declarations of a patch. */
    public static Declarations of(ElfFile patch) {
        List<String> problems = new ArrayList<>();
        Map<Callback, LinkAddress> callbacks = new EnumMap<>(Callback.class);
        for (Callback callback : Callback.values()) {
            patch.dynamicSymbols().find(callback.symbol()).filter(ElfSymbol::isDefined).ifPresent(symbol -> {
                if (symbol.type() == SymbolType.FUNC && isCode(patch, symbol.address())) {
                    callbacks.put(callback, symbol.address());
                } else {
                    problems.add(callback.symbol() + " is no function");
                }
            });
        }
        List<LinkAddress> runtime = new ArrayList<>();
        List<Long> shadows = new ArrayList<>();
        List<State> states = new ArrayList<>();
        entries(patch, "pulpo_runtime", Long.BYTES, MOST_SLOTS, true, problems)
                .ifPresent(entries -> entries.each((place, bytes) -> runtime.add(place)));
        entries(patch, "pulpo_shadows", Long.BYTES, Declared.MOST, false, problems)
                .ifPresent(entries -> entries.each((place, bytes) -> shadows.add(bytes.u64())));
        entries(patch, "pulpo_states", STATE_BYTES, Declared.MOST, true, problems)
                .ifPresent(entries -> entries.each((place, bytes) -> states.add(
                        new State(new Declared.State(bytes.u64(), (int) bytes.u32()), place.plus(STATE_SLOT)))));
        return new Declarations(callbacks, runtime, shadows.stream().distinct().toList(), states, problems);
    }

    private static boolean isCode(ElfFile patch, LinkAddress address) {
        return patch.segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.LOAD)
                && segment.isExecutable() && segment.contains(address));
    }

    /** The entries of a section, if it has as many whole ones as it may, in memory of the patch. */
    private static Optional<Entries> entries(ElfFile patch, String name, int size, int most, boolean writable,
            List<String> problems) {
        Optional<Section> section = patch.section(name).filter(Section::hasBytes).filter(found -> found.size() > 0);
        if (section.isEmpty()) {
            return Optional.empty();
        }
        long bytes = section.get().size();
        LinkAddress first = section.get().address();
        boolean whole = bytes % size == 0 && bytes / size <= most && patch.segments().stream()
                .anyMatch(segment -> segment.type().equals(SegmentType.LOAD) && (segment.isWritable() || !writable)
                        && segment.contains(first) && segment.contains(first.plus(bytes - 1)));
        if (!whole) {
            problems.add("its section " + name + " has " + bytes + " bytes at " + first + ", and at most " + most
                    + " entries of " + size + " bytes in its memory are allowed");
            return Optional.empty();
        }
        return Optional.of(new Entries(patch, section.get(), size));
    }

    private record Entries(ElfFile patch, Section section, int size) {
        @FunctionalInterface
        interface Use {
            void of(LinkAddress place, ByteCursor bytes);
        }

        void each(Use use) {
            for (long at = 0; at < section.size(); at += size) {
                ByteCursor bytes = patch.rawData(section);
                bytes.skip(at);
                use.of(section.address().plus(at), bytes);
            }
        }
    }

    /** As a record has it, of the patch that is loaded with this bias. */
    public Declared at(long bias) {
        Map<Callback, RemoteAddress> functions = new EnumMap<>(Callback.class);
        callbacks.forEach((callback, address) -> functions.put(callback, new RemoteAddress(address.value() + bias)));
        return new Declared(new Callbacks(functions, 0), shadows, states.stream().map(State::state).toList());
    }
}
