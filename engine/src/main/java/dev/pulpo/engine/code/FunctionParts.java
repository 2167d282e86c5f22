package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the parts of a function that compilers move away as unlikely ({@code f.cold}): through the function's jumps, so that
 * no symbols are needed. A jump to the symbol of another function is a tail call. Where no symbol tells, it may be either,
 * and counts as a part.
 */
public final class FunctionParts {
    private static final String COLD = ".cold";

    private final LoadedObject object;
    private final CodeIndex index;
    private final SymbolSources symbols;
    private final Decoder decoder = new Decoder();

    public FunctionParts(ProcessImage image, LoadedObject object) {
        this.object = object;
        this.index = CodeIndex.of(object.elf());
        this.symbols = SymbolSources.of(image, object);
    }

    /** The parts of a function, under its name. */
    public List<CodeRanges.Range> of(RemoteAddress entry, long size, String name) {
        long start = object.toLink(entry).value();
        byte[] code = index.bytes(start, size);
        Set<AddressRange> parts = new LinkedHashSet<>();
        for (int at = 0; at < code.length;) {
            int length = decoder.decode(code, at, code.length);
            at += Math.max(1, length);
            boolean jump = length > 0 && decoder.flow().isDirect() && decoder.flow() != Flow.CALL;
            if (jump) {
                long target = start + at + decoder.branchDisplacement();
                if (target < start || target >= start + code.length) {
                    part(new LinkAddress(target)).ifPresent(parts::add);
                }
            }
        }
        List<CodeRanges.Range> ranges = new ArrayList<>();
        parts.forEach(part -> ranges
                .add(new CodeRanges.Range(object.toRemote(part.start()), object.toRemote(part.end()), name)));
        return ranges;
    }

    private Optional<AddressRange> part(LinkAddress target) {
        Optional<ElfSymbol> function = symbols.startingAt(target);
        boolean other = function.filter(symbol -> !symbol.name().contains(COLD)).isPresent();
        return other
                ? Optional.empty()
                : index.functions().containing(target)
                        .or(() -> function.map(symbol -> new AddressRange(target, target.plus(symbol.size()))));
    }
}
