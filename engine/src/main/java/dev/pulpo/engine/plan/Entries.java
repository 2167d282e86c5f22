package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.cfi.LandingPads;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.CodeIndex.Overwritten;
import dev.pulpo.engine.registry.FunctionRecord;
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
 * Plans the detours of functions that were not built to be replaced. Their first instructions are overwritten, so whatever
 * could lead into those is looked for: branches of the function itself and of all others, jump tables, labels in data,
 * other symbols, landing pads of exceptions.
 */
final class Entries {
    /** Some place from which the object can be reached; where a trampoline really will be is not known yet. */
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
     * Plans one.
     *
     * @param young    the link address of the replacement
     * @param callable whether the original is to be called
     * @param inForce  the detour that is in place
     * @param shared   how many bytes another patch overwrites that comes in the same stop
     */
    Optional<PlannedFunction> plan(Replacement replacement, TargetFunction old, LinkAddress young, boolean callable,
            Optional<FunctionRecord> inForce, OptionalInt shared, Code code) {
        String name = replacement.function();
        if (old.size() == 0) {
            return refuse(name, "nothing says where it ends: it has no size in the symbol table and no frame "
                    + "description");
        }
        RemoteAddress entry = target.toRemote(old.address());
        EntrySite site = EntrySite.of(target, entry, old.size(), callable);
        // Patches of one function overwrite the same bytes. The first one takes a byte more where it may: should it be far
        // away, one jump leads there instead of two.
        int room = inForce.map(function -> function.original().length)
                .orElse(shared.orElse(EntryDetour.ROOM_FOR_FAR));
        Answer answer = tried(site, inForce, code, room);
        if (answer instanceof Answer.Impossible && inForce.isEmpty() && shared.isEmpty()) {
            answer = tried(site, inForce, code, EntryDetour.ROOM);
        }
        return switch (answer) {
            case Answer.Possible possible -> Optional.of(planned(replacement, old, young, possible.detour(), inForce));
            case Answer.Impossible impossible -> refuse(name, impossible.reason());
        };
    }

    /** What comes of overwriting so many bytes. */
    private sealed interface Answer {
        /** A detour against which nothing speaks. */
        record Possible(EntryDetour detour) implements Answer {}

        /** The reason against it. */
        record Impossible(String reason) implements Answer {}
    }

    private Answer tried(EntrySite site, Optional<FunctionRecord> inForce, Code code, int room) {
        RemoteAddress near = target.start().plus(-BEFORE_THE_OBJECT);
        return switch (site.detour(near, near, room)) {
            case EntryPlan.Refused refused -> new Answer.Impossible(Reasons.of(refused));
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

    private static PlannedFunction planned(Replacement replacement, TargetFunction old, LinkAddress young,
            EntryDetour detour, Optional<FunctionRecord> inForce) {
        HexFormat hex = HexFormat.of();
        String original = hex.formatHex(detour.expected().toByteArray());
        return new PlannedFunction(replacement.function(), new RemoteAddress(detour.entry().value()), old.size(),
                replacement.replacement(), young, new RemoteAddress(detour.expected().start().value()),
                inForce.map(function -> hex.formatHex(function.detour())).orElse(original), original,
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
        return new JumpTables(index, range, function).reason();
    }

    /** Whether the process has the code that the file has, but for the detour that is known to be there. */
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

    /** Those of the planned functions into whose first bytes no other function branches; the others are refused. */
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
                function.original().length() / 2);
    }
}
