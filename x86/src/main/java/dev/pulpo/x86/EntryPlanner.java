package dev.pulpo.x86;

import dev.pulpo.x86.EntryDetour.IndirectJumps;
import dev.pulpo.x86.EntryDetour.Original;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks for reasons against an {@link EntryDetour}, and makes the detour if there are none. */
final class EntryPlanner {
    /** The offset of the original after a slot, which aligns the code. */
    private static final int AFTER_SLOT = 16;

    private final CodeBytes code;
    private final CodeAddress functionEnd;
    private final CodeAddress site;
    private final boolean endbr64;
    private final CodeAddress target;
    private final CodeAddress trampoline;
    private final IndirectJumps jumps;
    private final Original original;
    private final int room;
    private final Decoder decoder = new Decoder();

    EntryPlanner(CodeBytes code, int functionLength, CodeAddress target, CodeAddress trampoline, IndirectJumps jumps,
            Original original, int room) {
        if (functionLength < 0 || functionLength > code.length()) {
            throw new IllegalArgumentException("a function of " + functionLength + " bytes is not within " + code);
        }
        if (room < EntryDetour.ROOM) {
            throw new IllegalArgumentException("no jump takes " + room + " bytes");
        }
        this.code = code;
        this.room = room;
        this.functionEnd = code.start().plus(functionLength);
        this.endbr64 = functionLength >= PreparedEntry.ENDBR64_LENGTH
                && code.int32At(code.start()) == PreparedEntry.ENDBR64;
        this.site = endbr64 ? code.start().plus(PreparedEntry.ENDBR64_LENGTH) : code.start();
        this.target = target;
        this.trampoline = trampoline;
        this.jumps = jumps;
        this.original = original;
    }

    EntryPlan plan(List<CodeBytes> otherParts) {
        byte[] bytes = code.toByteArray();
        CodeAddress end = site;
        boolean straight = true;
        boolean leaves = false;
        boolean fallsThrough = true;
        while (end.minus(site) < room && end.compareTo(functionEnd) < 0) {
            int length = decoder.decode(bytes, (int) end.minus(code.start()), (int) functionEnd.minus(code.start()));
            if (length == 0) {
                return new EntryPlan.NotUnderstood(end);
            }
            straight &= !leaves;
            fallsThrough = decoder.flow().fallsThrough();
            leaves = decoder.flow() != Flow.SEQUENTIAL && decoder.flow() != Flow.CONDITIONAL;
            end = end.plus(length);
        }
        int own = (int) end.minus(site);
        int length = Math.max(own, room);
        // Hand-written code may fall through its end; the original could not do so after a jump has replaced the padding.
        boolean runsOn = own < room && fallsThrough && original == Original.CALLABLE;
        if (own < room && (runsOn || !isPadding(end, length - own))) {
            return new EntryPlan.TooShort(own, room);
        }
        EntryPlan.Refused refusal = check(code.slice(code.start(), (int) functionEnd.minus(code.start())), length);
        for (CodeBytes part : otherParts) {
            refusal = refusal == null ? check(part, length) : refusal;
        }
        return refusal == null ? assemble(code.slice(site, own), length, straight) : refusal;
    }

    /** Whether bytes are what compilers and linkers put between functions: nops, int3, or zero. */
    private boolean isPadding(CodeAddress from, int length) {
        if (!code.covers(from, length)) {
            return false;
        }
        boolean nops = Nops.fill(code.slice(from, length));
        boolean traps = true;
        boolean zero = true;
        for (int i = 0; i < length; i++) {
            traps &= code.byteAt(from.plus(i)) == 0xcc;
            zero &= code.byteAt(from.plus(i)) == 0;
        }
        return nops || traps || zero || startsWithLongNop(from);
    }

    /** A single nop may be longer than the required bytes. */
    private boolean startsWithLongNop(CodeAddress from) {
        int rest = (int) Math.min(code.end().minus(from), Decoder.MAX_LENGTH);
        for (int length = 1; length <= rest; length++) {
            if (length >= room - from.minus(site) && Nops.fill(code.slice(from, length))) {
                return true;
            }
        }
        return false;
    }

    /** Checks a part of the function from its first to its last byte. */
    private EntryPlan.@Nullable Refused check(CodeBytes part, int overwritten) {
        byte[] bytes = part.toByteArray();
        for (int at = 0; at < bytes.length; at += decoder.length()) {
            CodeAddress address = part.start().plus(at);
            if (decoder.decode(bytes, at, bytes.length) == 0 || decoder.isVendorDependent()) {
                return new EntryPlan.NotUnderstood(address);
            }
            boolean moves = address.minus(site) >= 0 && address.minus(site) < overwritten;
            if (decoder.flow().isDirect()) {
                CodeAddress branch = address.plus(decoder.length() + decoder.branchDisplacement());
                // A call of the entry is recursion and must reach the replacement. A jump to it is a tail call or a loop:
                // what is alive at an entry are the arguments, so to the replacement a loop looks like a call, too. Only
                // where the original stays callable, the loop has to go on in it. The relocator handles branches that
                // move with their target.
                boolean recursion = branch.equals(code.start()) && decoder.flow() == Flow.CALL
                        || original == Original.GONE && (branch.equals(code.start()) || branch.equals(site));
                long into = branch.minus(code.start());
                if (into >= 0 && branch.minus(site) < overwritten && !recursion
                        && !(moves && branch.compareTo(site) >= 0)) {
                    return new EntryPlan.BranchInto(address, branch);
                }
            } else if (decoder.flow() == Flow.INDIRECT_JUMP && jumps == IndirectJumps.REFUSE
                    && !decoder.isRipRelative()) {
                return new EntryPlan.UnknownJump(address);
            }
        }
        return null;
    }

    private EntryPlan assemble(CodeBytes own, int length, boolean straight) {
        Assembler out = new Assembler(trampoline);
        boolean direct = FarJump.reachesDirectly(site, target);
        boolean slot = !direct && length >= SlotJump.LENGTH && SlotJump.reaches(site, trampoline);
        CodeAddress first = direct ? target : trampoline;
        if (!slot && !FarJump.reachesDirectly(site, first)) {
            return new EntryPlan.OutOfReach(site, first);
        }
        if (slot) {
            out.int64(target.value());
        } else if (!direct) {
            out.jump(target);
        }
        Optional<CodeAddress> callable = Optional.empty();
        if (original == Original.CALLABLE) {
            while (slot && out.here().minus(trampoline) < AFTER_SLOT) {
                out.bytes(0xcc);
            }
            callable = Optional.of(out.here());
            EntryPlan.Refused refusal = move(own, out);
            if (refusal != null) {
                return refusal;
            }
        }
        CodeBytes jump = slot
                ? new SlotJump(site, trampoline).encode(length)
                : new FarJump(site, first, FarJump.Form.DIRECT).encode(length);
        return new EntryPlan.Planned(new EntryDetour(code.start(), target, code.slice(site, length), jump, out.code(),
                callable, straight));
    }

    private EntryPlan.@Nullable Refused move(CodeBytes own, Assembler out) {
        if (endbr64) {
            out.endbr64();
        }
        return switch (Relocator.move(own, out.here())) {
            case Relocation.CannotMove reason -> new EntryPlan.Immovable(reason);
            case Relocation.Moved moved -> {
                if (moved.calls()) {
                    yield new EntryPlan.MovedCall(own.start());
                }
                out.code(moved.code());
                if (own.length() >= room) {
                    out.jump(own.end());
                }
                yield null;
            }
        };
    }
}
