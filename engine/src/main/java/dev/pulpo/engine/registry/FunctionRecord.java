package dev.pulpo.engine.registry;

import dev.pulpo.ffm.RemoteAddress;
import java.util.Arrays;
import java.util.HexFormat;

/** One replaced function, as the registry stores it. Immutable. */
public final class FunctionRecord {
    private final String name;
    private final RemoteAddress entry;
    private final RemoteAddress replacement;
    private final RemoteAddress site;
    private final byte[] original;
    private final byte[] detour;
    private final byte[] gate;
    private final RemoteAddress before;
    private final long size;

    /**
     * @param name        the function's name in the target
     * @param entry       its address
     * @param replacement the address of the replacement
     * @param site        first byte that changes
     * @param original    the bytes at the site before any patch
     * @param detour      the bytes that lead to the replacement; as many
     * @param gate        the bytes that lead to its {@link dev.pulpo.x86.ThreadGate}; as many, or none without a gate
     * @param before      the version before the patch, to which the gate leads threads that stay there or go back
     * @param size        of the function, in bytes; 0 where unknown
     */
    public FunctionRecord(String name, RemoteAddress entry, RemoteAddress replacement, RemoteAddress site,
            byte[] original, byte[] detour, byte[] gate, RemoteAddress before, long size) {
        if (original.length != detour.length || gate.length != 0 && gate.length != original.length) {
            throw new IllegalArgumentException(original.length + " original bytes, " + detour.length + " new ones and "
                    + gate.length + " that lead to its gate");
        }
        this.name = name;
        this.entry = entry;
        this.replacement = replacement;
        this.site = site;
        this.original = original.clone();
        this.detour = detour.clone();
        this.gate = gate.clone();
        this.before = before;
        this.size = size;
    }

    public String name() {
        return name;
    }

    public RemoteAddress entry() {
        return entry;
    }

    public RemoteAddress replacement() {
        return replacement;
    }

    public RemoteAddress site() {
        return site;
    }

    public byte[] original() {
        return original.clone();
    }

    public byte[] detour() {
        return detour.clone();
    }

    public byte[] gate() {
        return gate.clone();
    }

    public RemoteAddress before() {
        return before;
    }

    public long size() {
        return size;
    }

    /** Whether the function was built to be replaced. Then bytes before its entry change, otherwise those at it. */
    public boolean isPrepared() {
        return site.compareTo(entry) < 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FunctionRecord f && name.equals(f.name) && entry.equals(f.entry)
                && replacement.equals(f.replacement) && site.equals(f.site) && Arrays.equals(original, f.original)
                && Arrays.equals(detour, f.detour) && Arrays.equals(gate, f.gate) && before.equals(f.before)
                && size == f.size;
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + entry.hashCode();
    }

    @Override
    public String toString() {
        return name + " at " + entry + " -> " + replacement + ", was " + HexFormat.of().formatHex(original);
    }
}
