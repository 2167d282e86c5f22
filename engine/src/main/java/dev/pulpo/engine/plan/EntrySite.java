package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.EntryDetour;
import dev.pulpo.x86.EntryPlan;
import java.util.List;

/**
 * The code of a function that was not built to be replaced, from its file, at remote addresses.
 *
 * @param code     the function, and some bytes after it
 * @param size     the function's share of the bytes
 * @param original whether the original must stay callable
 */
public record EntrySite(CodeBytes code, int size, EntryDetour.Original original) {
    private static final int TAIL = 16;

    public static EntrySite of(LoadedObject object, RemoteAddress entry, long size, boolean callable) {
        byte[] bytes = CodeIndex.of(object.elf()).bytes(object.toLink(entry).value(), size + TAIL);
        return new EntrySite(CodeBytes.at(new CodeAddress(entry.value()), bytes), (int) Math.min(size, bytes.length),
                callable ? EntryDetour.Original.CALLABLE : EntryDetour.Original.GONE);
    }

    /**
     * The detour to a replacement. The caller checks jump tables.
     *
     * @param target     remote address of the replacement
     * @param trampoline remote address for a trampoline
     * @param room       least number of overwritten bytes
     */
    public EntryPlan detour(RemoteAddress target, RemoteAddress trampoline, int room) {
        return EntryDetour.plan(code, size, List.of(), new CodeAddress(target.value()),
                new CodeAddress(trampoline.value()), EntryDetour.IndirectJumps.NEVER_LEAD_TO_THE_ENTRY, original,
                room);
    }

    LinkAddress link(LoadedObject object) {
        return object.toLink(new RemoteAddress(code.start().value()));
    }
}
