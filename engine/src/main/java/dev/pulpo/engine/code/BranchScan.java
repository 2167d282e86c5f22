package dev.pulpo.engine.code;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.code.CodeIndex.Overwritten;
import dev.pulpo.x86.CodeScan;
import dev.pulpo.x86.Decoder;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Searches all code of an object for branches of one function into the first bytes of another. Compilers branch only between
 * the parts of one function, but assembler programmers do more: glibc's {@code mempcpy} continues in the second instruction
 * of {@code memmove}.
 *
 * <p>Long branches are searched at every byte, so that data among the code cannot hide one. Bytes within an instruction may
 * look like a branch; where frame descriptions tell where functions begin, decoding rules them out. Short branches reach 127
 * bytes, and the instructions there are decoded.
 */
public final class BranchScan {
    private static final int SHORT_REACH = 130;

    private final CodeIndex index;
    private final Decoder decoder = new Decoder();

    public BranchScan(CodeIndex index) {
        this.index = index;
    }

    /** For each range the link address of a branch into it from elsewhere; empty for none. */
    public Map<Overwritten, OptionalLong> find(List<Overwritten> ranges) {
        List<Overwritten> fresh = ranges.stream().filter(range -> !index.branches().containsKey(range)).toList();
        if (!fresh.isEmpty()) {
            Map<Overwritten, OptionalLong> found = new HashMap<>();
            fresh.forEach(range -> found.put(range, nearBranch(range)));
            for (Segment segment : index.code()) {
                farBranches(segment, fresh, found);
            }
            index.branches().putAll(found);
        }
        Map<Overwritten, OptionalLong> answers = new HashMap<>();
        ranges.forEach(range -> answers.put(range, index.branches().getOrDefault(range, OptionalLong.empty())));
        return answers;
    }

    private void farBranches(Segment segment, List<Overwritten> ranges, Map<Overwritten, OptionalLong> found) {
        long start = segment.address().value();
        byte[] code = index.bytes(start, segment.fileSize());
        BitSet inside = new BitSet(code.length);
        for (Overwritten range : ranges) {
            if (segment.contains(new LinkAddress(range.start()))) {
                inside.set((int) (range.start() + 1 - start), (int) (range.to() - start));
            }
        }
        if (inside.isEmpty()) {
            return;
        }
        CodeScan.branchesTo(code, inside, (branch, distance, target) -> {
            if (isInstruction(start, code, branch)) {
                add(start + distance - 1, start + target, ranges, found);
            }
        });
    }

    /** Whether an instruction may begin here; false where decoding its function steps over it. */
    private boolean isInstruction(long start, byte[] code, int place) {
        AddressRange function = index.functions().containing(new LinkAddress(start + place)).orElse(null);
        if (function == null || function.start().value() < start) {
            return true;
        }
        int at = (int) (function.start().value() - start);
        while (at < place) {
            int length = decoder.decode(code, at, code.length);
            if (length == 0) {
                return true;
            }
            at += length;
        }
        return at == place || CodeScan.arePrefixes(code, at - decoder.length(), place);
    }

    private static void add(long from, long target, List<Overwritten> ranges, Map<Overwritten, OptionalLong> found) {
        for (Overwritten range : ranges) {
            boolean own = from >= range.start() && from < range.end();
            if (range.isInside(target) && !own) {
                found.put(range, OptionalLong.of(from));
            }
        }
    }

    private OptionalLong nearBranch(Overwritten range) {
        long before = range.start() - SHORT_REACH;
        long from = index.functions().below(new LinkAddress(before)).map(AddressRange::start)
                .map(LinkAddress::value).filter(start -> range.start() - start < 1 << 20).orElse(before);
        OptionalLong found = branch(from, range.start(), range);
        return found.isPresent() ? found : branch(range.end(), range.to() + SHORT_REACH, range);
    }

    /** Decodes instructions, and restarts wherever a function is known to begin. */
    private OptionalLong branch(long from, long to, Overwritten range) {
        if (from >= to) {
            return OptionalLong.empty();
        }
        byte[] code = index.bytes(from, to - from);
        for (int at = 0; at < code.length;) {
            int length = decoder.decode(code, at, code.length);
            if (length > 0 && decoder.flow().isDirect()
                    && range.isInside(from + at + length + decoder.branchDisplacement())) {
                return OptionalLong.of(from + at);
            }
            int next = at + Math.max(1, length);
            for (int i = at + 1; i < next; i++) {
                if (index.functions().startingAt(new LinkAddress(from + i)).isPresent()) {
                    next = i;
                }
            }
            at = next;
        }
        return OptionalLong.empty();
    }
}
