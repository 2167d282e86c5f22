package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.cfi.LandingPads;
import dev.pulpo.engine.ByteString;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.code.BranchScan;
import dev.pulpo.engine.code.CodeIndex.Overwritten;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.JumpTables;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.EntryDetour;
import dev.pulpo.x86.EntryPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Plans the detours of functions that were not built to be replaced. Their first instructions are overwritten, so everything
 * that could lead into those is searched for: branches of the function and of all others, jump tables, labels in data, other
 * symbols, landing pads.
 */
final class Entries {
    /** Offset of a stand-in for the trampoline, whose real address is not known yet. */
    private static final int BEFORE_THE_OBJECT = 0x10000;
    private static final int SHOWN = 16;

    private final LoadedObject target;
    private final CodeIndex index;
    private final SymbolSources symbols;
    private final List<Refusal> refusals;

    /** Reads the code of the process. */
    @FunctionalInterface
    interface Code {
        CodeBytes read(RemoteAddress address, int length);
    }

    Entries(LoadedObject target, SymbolSources symbols, List<Refusal> refusals) {
        this.target = target;
        this.index = CodeIndex.of(target.elf());
        this.symbols = symbols;
        this.refusals = refusals;
    }

    /**
     * Plans one function.
     *
     * @param replacementAddress link address of the replacement
     * @param callable           whether the original must stay callable
     * @param inForce            the present detour
     * @param shared             how many bytes an earlier patch of the same stop overwrites
     */
    Optional<PlannedFunction> plan(Replacement replacement, TargetFunction old, LinkAddress replacementAddress,
            boolean callable,
            Optional<FunctionRecord> inForce, OptionalInt shared, Code code) {
        String name = replacement.function();
        if (old.size() == 0) {
            return refuse(name, "nothing says where it ends: it has no size in the symbol table and no frame "
                    + "description");
        }
        RemoteAddress entry = target.toRemote(old.address());
        EntrySite site = EntrySite.of(target, entry, old.size(), callable);
        // All patches of one function overwrite the same bytes. The first one takes a byte more if possible: then a far
        // replacement needs one jump instead of two.
        int room = inForce.map(function -> function.original().length)
                .orElse(shared.orElse(EntryDetour.ROOM_FOR_FAR));
        Answer answer = tried(site, inForce, code, room);
        if (answer instanceof Answer.Impossible && inForce.isEmpty() && shared.isEmpty()) {
            answer = tried(site, inForce, code, EntryDetour.ROOM);
        }
        return switch (answer) {
            case Answer.Possible possible ->
                Optional.of(planned(replacement, old, replacementAddress, possible.detour(), inForce));
            case Answer.Impossible impossible -> refuse(name, impossible.reason());
        };
    }

    /** The result for a number of overwritten bytes. */
    private sealed interface Answer {
        /** A valid detour. */
        record Possible(EntryDetour detour) implements Answer {}

        /** Why there is none. */
        record Impossible(String reason) implements Answer {}
    }

    private Answer tried(EntrySite site, Optional<FunctionRecord> inForce, Code code, int room) {
        RemoteAddress near = target.start().plus(-BEFORE_THE_OBJECT);
        return switch (site.detour(near, near, room)) {
            case EntryPlan.Refused refused -> new Answer.Impossible(EntryRefusalText.of(refused));
            case EntryPlan.Planned planned -> {
                EntryDetour detour = planned.detour();
                Optional<String> reason = reason(detour, site).or(() -> changed(site, inForce, code));
                yield reason.isPresent()
                        ? new Answer.Impossible(reason.get())
                        : new Answer.Possible(detour);
            }
        };
    }

    private Optional<PlannedFunction> refuse(String function, String reason) {
        refusals.add(new Refusal.NotPatchable(function, reason));
        return Optional.empty();
    }

    private static PlannedFunction planned(Replacement replacement, TargetFunction old, LinkAddress replacementAddress,
            EntryDetour detour, Optional<FunctionRecord> inForce) {
        ByteString original = ByteString.of(detour.expected().toByteArray());
        return new PlannedFunction(replacement.function(), new RemoteAddress(detour.entry().value()), old.size(),
                replacement.replacement(), replacementAddress, new RemoteAddress(detour.expected().start().value()),
                inForce.map(function -> ByteString.of(function.detour())).orElse(original), original,
                !detour.expected().start().equals(detour.entry()), false);
    }

    private Overwritten overwritten(long entry, long size, long site, long length) {
        long start = target.toLink(new RemoteAddress(entry)).value();
        return new Overwritten(start, start + size, start + site - entry + length);
    }

    private Optional<String> reason(EntryDetour detour, EntrySite site) {
        Overwritten range = overwritten(site.code().start().value(), site.size(), detour.jump().start().value(),
                detour.jump().length());
        LandingPads pads = index.landingPads();
        OptionalLong pad = pads.within(new LinkAddress(range.start()), new LinkAddress(range.to()));
        if (pad.isPresent()) {
            return Optional.of("exceptions land at 0x" + Long.toHexString(pad.getAsLong()) + ", among its first bytes");
        }
        if (!detour.straight() && !pads.isComplete()) {
            return Optional.of("its first instructions call or jump, and where exceptions go from there is not known");
        }
        Optional<String> symbol = symbols.containing(new LinkAddress(range.to() - 1))
                .filter(other -> range.isInside(other.value()))
                .map(other -> other.name() + " begins within its first bytes");
        if (symbol.isPresent()) {
            return symbol;
        }
        if (index.functions().below(new LinkAddress(range.to() - 1))
                .filter(other -> range.isInside(other.start().value())).isPresent()) {
            return Optional.of("another function begins within its first bytes");
        }
        OptionalLong pointer = index.pointerInto(range);
        if (pointer.isPresent()) {
            return Optional.of("data of " + target.fileName() + " points to its first bytes, to 0x"
                    + Long.toHexString(pointer.getAsLong()));
        }
        byte[] function = Arrays.copyOf(site.code().toByteArray(), site.size());
        return new JumpTables(index, range, function, site.original() == EntryDetour.Original.CALLABLE).reason();
    }

    /** Whether the code in the process differs from the file, apart from the present detour. */
    private Optional<String> changed(EntrySite site, Optional<FunctionRecord> inForce, Code code) {
        RemoteAddress entry = new RemoteAddress(site.code().start().value());
        byte[] found = code.read(entry, site.size()).toByteArray();
        byte[] wanted = Arrays.copyOf(site.code().toByteArray(), site.size());
        inForce.ifPresent(function -> {
            int at = (int) function.site().minus(entry);
            byte[] detour = function.detour();
            System.arraycopy(detour, 0, wanted, at, Math.min(detour.length, wanted.length - at));
        });
        int at = Arrays.mismatch(found, wanted);
        return at < 0
                ? Optional.empty()
                : Optional.of("its code is not that of its file: at +0x" + Integer.toHexString(at) + " is "
                        + shown(found, at) + " where " + shown(wanted, at)
                        + " was expected; another tool or a breakpoint has changed it");
    }

    private static String shown(byte[] bytes, int from) {
        return HexFormat.of().formatHex(bytes, from, Math.min(bytes.length, from + SHOWN));
    }

    /** Refuses functions into whose first bytes another function branches, and returns the others. */
    List<PlannedFunction> withoutStrayBranches(List<PlannedFunction> planned) {
        List<Overwritten> ranges = new ArrayList<>();
        for (PlannedFunction function : planned) {
            if (!function.prepared()) {
                ranges.add(range(function));
            }
        }
        if (ranges.isEmpty()) {
            return planned;
        }
        Map<Overwritten, OptionalLong> branches = new BranchScan(index).find(ranges);
        List<PlannedFunction> good = new ArrayList<>();
        for (PlannedFunction function : planned) {
            OptionalLong from = function.prepared()
                    ? OptionalLong.empty()
                    : branches.getOrDefault(range(function), OptionalLong.empty());
            if (from.isPresent()) {
                refuse(function.function(), "code at "
                        + new CodeAddress(from.getAsLong())
                        + symbols.containing(new LinkAddress(from.getAsLong())).map(s -> ", in " + s.name() + ",")
                                .orElse("")
                        + " branches to its first bytes");
            } else {
                good.add(function);
            }
        }
        return good;
    }

    private Overwritten range(PlannedFunction function) {
        return overwritten(function.entry().value(), function.size(), function.site().value(),
                function.original().length());
    }
}
