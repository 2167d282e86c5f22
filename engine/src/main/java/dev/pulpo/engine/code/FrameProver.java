package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.cfi.CfiRow;
import dev.pulpo.elf.cfi.CfiTable;
import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.code.CodeIndex.Overwritten;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.x86.CodeScan;
import dev.pulpo.x86.FrameProof;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Proves that code without call frame information keeps a frame pointer. {@link FrameProof} proves it by the instructions in
 * the process, from the beginning of the function to its end, as its symbol gives them. In addition nothing else in the
 * object may lead into its middle: no branch, no symbol, no address in data or code.
 */
public final class FrameProver {
    /** Longer functions are not tried. */
    private static final long LONGEST = 64 * 1024;

    private final ProcessImage image;
    private final TargetMemory memory;

    public FrameProver(ProcessImage image, TargetMemory memory) {
        this.image = image;
        this.memory = memory;
    }

    /** Proves the function around a remote address; empty without a proof. Stops nothing. */
    public Optional<LoadedCfi> prove(RemoteAddress place) {
        try {
            return image.containing(place).filter(object -> isCode(object, place))
                    .flatMap(object -> function(object, place).flatMap(range -> proven(object, range)));
        } catch (MalformedElfException | SystemCallException unreadable) {
            // Unreadable code proves nothing.
            return Optional.empty();
        }
    }

    private static boolean isCode(LoadedObject object, RemoteAddress place) {
        return object.mappings().stream().filter(mapping -> mapping.contains(place))
                .anyMatch(mapping -> mapping.isExecutable() && !mapping.isWritable());
    }

    /** The function by its symbol, unless something contradicts. */
    private Optional<Overwritten> function(LoadedObject object, RemoteAddress place) {
        SymbolSources symbols = SymbolSources.of(image, object);
        LinkAddress address = object.toLink(place);
        return symbols.containing(address)
                .filter(symbol -> symbol.isDefined() && symbol.type().isFunction() && symbol.size() <= LONGEST
                        && address.value() - symbol.value() < symbol.size())
                .map(FrameProver::range)
                .filter(range -> !symbols.anyWithin(range::isInside) && isUndescribed(object, range));
    }

    private static Overwritten range(ElfSymbol symbol) {
        long end = symbol.value() + symbol.size();
        return new Overwritten(symbol.value(), end, end);
    }

    private static boolean isUndescribed(LoadedObject object, Overwritten range) {
        CodeIndex index = CodeIndex.of(object.elf());
        Optional<AddressRange> below = index.functions().below(new LinkAddress(range.end() - 1));
        return below.filter(other -> other.end().value() > range.start()).isEmpty()
                && index.pointerInto(range).isEmpty()
                && new BranchScan(index).find(List.of(range)).getOrDefault(range, OptionalLong.of(0)).isEmpty()
                && index.code().stream().noneMatch(segment -> isAddressTaken(object.elf(), segment, range));
    }

    /**
     * Whether a {@code lea} has an address inside the range, or, in a program linked to a fixed address, any four bytes do.
     * Searches at every byte; a false match only costs the proof.
     */
    private static boolean isAddressTaken(ElfFile elf, Segment segment, Overwritten range) {
        boolean fixed = elf.header().type().equals(ObjectType.EXECUTABLE);
        long start = segment.address().value();
        byte[] code = CodeIndex.of(elf).bytes(start, segment.fileSize());
        for (int i = 0; i + 4 <= code.length; i++) {
            boolean taken = CodeScan.isLea(code, i) && range.isInside(start + CodeScan.target(code, i));
            if (taken || fixed && range.isInside(CodeScan.int32(code, i))) {
                return true;
            }
        }
        return false;
    }

    private Optional<LoadedCfi> proven(LoadedObject object, Overwritten range) {
        RemoteAddress start = object.toRemote(new LinkAddress(range.start()));
        RemoteAddress end = object.toRemote(new LinkAddress(range.end()));
        return switch (FrameProof.of(memory.bytes(start, Math.toIntExact(range.end() - range.start())))) {
            case FrameProof.Result.Proven proven ->
                Optional.of(new LoadedCfi(table(range.start(), proven.points()), object.bias(), start.value(),
                        end.value()));
            case FrameProof.Result.Unproven unproven -> Optional.empty();
        };
    }

    private static CfiTable table(long start, List<FrameProof.Point> points) {
        List<CfiRow> rows = new ArrayList<>();
        for (FrameProof.Point point : points) {
            rows.add(row(new LinkAddress(start + point.offset()), point.place()));
        }
        return CfiTable.ofRows(rows);
    }

    private static CfiRow row(LinkAddress start, FrameProof.Place place) {
        return switch (place) {
            case UNKNOWN -> new CfiRow(start, new CfiRow.CfaRule.Missing(), Map.of(), false);
            case ENTRY -> row(start, DwarfRegisters.RSP, 8, new CfiRow.RegisterRule.SameValue());
            case PUSHED -> row(start, DwarfRegisters.RSP, 16, new CfiRow.RegisterRule.Offset(-16));
            case SET_UP -> row(start, DwarfRegisters.RBP, 16, new CfiRow.RegisterRule.Offset(-16));
        };
    }

    /** Other callee-saved registers (psABI 3.2.1) are not tracked: they count as lost. */
    private static CfiRow row(LinkAddress start, int register, long offset, CfiRow.RegisterRule framePointer) {
        Map<Integer, CfiRow.RegisterRule> rules = new HashMap<>();
        for (int i = 0; i < DwarfRegisters.COUNT; i++) {
            rules.put(i, new CfiRow.RegisterRule.Undefined());
        }
        rules.put(DwarfRegisters.RIP, new CfiRow.RegisterRule.Offset(-8));
        rules.put(DwarfRegisters.RSP, new CfiRow.RegisterRule.ValueOffset(0));
        rules.put(DwarfRegisters.RBP, framePointer);
        return new CfiRow(start, new CfiRow.CfaRule.RegisterOffset(register, offset), rules, false);
    }
}
