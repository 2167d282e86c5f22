package dev.pulpo.engine.code;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Segment;
import dev.pulpo.x86.CodeScan;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds what may be direct calls of functions, and jumps to them, in all code of their object. They are searched at every
 * byte; whether an instruction begins there is for the caller to find out.
 */
public final class DirectCalls {
    private static final int SHORT_REACH = 128;
    private static final int SHORT_JUMP = 0xeb;

    private final CodeIndex index;

    public DirectCalls(CodeIndex index) {
        this.index = index;
    }

    /** For each of these entries the link addresses of branches to it. */
    public Map<Long, List<Long>> find(Set<Long> entries) {
        Map<Long, List<Long>> found = new HashMap<>();
        entries.forEach(entry -> found.put(entry, new ArrayList<>()));
        for (Segment segment : index.code()) {
            long start = segment.address().value();
            byte[] code = index.bytes(start, segment.fileSize());
            BitSet wanted = new BitSet(code.length);
            for (long entry : entries) {
                if (segment.contains(new LinkAddress(entry)) && entry - start < code.length) {
                    wanted.set((int) (entry - start));
                    shortJumps(code, start, entry, found);
                }
            }
            if (!wanted.isEmpty()) {
                CodeScan.branchesTo(code, wanted, (branch, distance, target) -> found
                        .computeIfAbsent(start + target, entry -> new ArrayList<>()).add(start + branch));
            }
        }
        return found;
    }

    private static void shortJumps(byte[] code, long start, long entry, Map<Long, List<Long>> found) {
        int target = (int) (entry - start);
        for (int i = Math.max(0, target - SHORT_REACH - 2); i < Math.min(code.length - 1, target + SHORT_REACH); i++) {
            int opcode = code[i] & 0xff;
            if ((opcode == SHORT_JUMP || (opcode & 0xf0) == 0x70) && i + 2 + code[i + 1] == target) {
                found.computeIfAbsent(entry, each -> new ArrayList<>()).add(start + i);
            }
        }
    }
}
