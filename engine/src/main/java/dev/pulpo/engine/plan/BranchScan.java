package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.plan.CodeIndex.Overwritten;
import dev.pulpo.x86.Decoder;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Looks through all code of an object for branches of one function into the first bytes of another. Compilers do not write
 * such a thing but between the parts of one function; assembler programmers do: glibc's {@code mempcpy} goes on in the
 * second instruction of {@code memmove}.
 *
 * <p>Long branches are looked for at every byte, so that data among the code cannot hide one. Bytes within an instruction may
 * look like one; where a frame description says where to begin reading, they are told apart. Short branches reach 127
 * bytes, and there the instructions are read.
 */
final class BranchScan {
    private static final int SHORT_REACH = 130;

    private final CodeIndex index;
    private final Decoder decoder = new Decoder();

    BranchScan(CodeIndex index) {
        this.index = index;
    }

    /** The address of a branch from elsewhere into each range, empty where there is none. */
    Map<Overwritten, OptionalLong> find(List<Overwritten> ranges) {
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
        for (int i = 0; i + 5 <= code.length; i++) {
            int b = code[i];
            // jmp and call rel32; jcc rel32 behind 0f (SDM volume 2, appendix A).
            if ((b & 0xfe) == 0xe8 || (b & 0xf0) == 0x80 && i > 0 && code[i - 1] == 0x0f) {
                long target = i + 5 + int32(code, i + 1);
                if (target >= 0 && target < code.length && inside.get((int) target)
                        && isInstruction(start, code, (b & 0xf0) == 0x80 ? i - 1 : i)) {
                    add(start + i, start + target, ranges, found);
                }
            }
        }
    }

    static long int32(byte[] code, int at) {
        return code[at] & 0xff | (code[at + 1] & 0xff) << 8 | (code[at + 2] & 0xff) << 16 | code[at + 3] << 24;
    }

    /** Whether an instruction may begin here; not so where reading its function from the beginning steps over it. */
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
        return at == place || hasPrefixes(code, at - decoder.length(), place);
    }

    /** Whether nothing but prefixes stands between the beginning of an instruction and this place in it. */
    private static boolean hasPrefixes(byte[] code, int from, int place) {
        for (int i = from; i < place; i++) {
            int b = code[i] & 0xff;
            boolean prefix = (b & 0xf0) == 0x40 || b == 0xf2 || b == 0xf3 || b == 0x66 || b == 0x67
                    || b == 0x2e || b == 0x36 || b == 0x3e || b == 0x26 || b == 0x64 || b == 0x65;
            if (!prefix) {
                return false;
            }
        }
        return true;
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

    /** Reads instructions, beginning anew wherever a function is known to begin. */
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
