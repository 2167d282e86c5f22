package dev.pulpo.engine.plan;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.EntryDetour;
import dev.pulpo.x86.EntryPlan;
import java.util.List;

/**
 * The code of a function that was not built to be replaced, as its file has it, at the addresses where the process has it.
 *
 * @param code     the function, and some of what follows it
 * @param size     how many of the bytes are the function
 * @param original whether it shall be callable as it was
 */
public record EntrySite(CodeBytes code, int size, EntryDetour.Original original) {
    private static final int TAIL = 16;

    /** The code of a function. */
    public static EntrySite of(LoadedObject object, RemoteAddress entry, long size, boolean callable) {
        byte[] bytes = CodeIndex.of(object.elf()).bytes(object.toLink(entry).value(), size + TAIL);
        return new EntrySite(CodeBytes.at(new CodeAddress(entry.value()), bytes), (int) Math.min(size, bytes.length),
                callable ? EntryDetour.Original.CALLABLE : EntryDetour.Original.GONE);
    }

    /**
     * The detour to a replacement. Whether jump tables lead to the entry has been looked at before.
     *
     * @param target     the replacement
     * @param trampoline where a trampoline can be
     * @param room       how many bytes are overwritten at least
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
