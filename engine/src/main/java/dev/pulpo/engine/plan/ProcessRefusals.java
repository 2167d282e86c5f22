package dev.pulpo.engine.plan;

import dev.pulpo.elf.ElfHeader;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.target.ProcessImage;
import java.util.List;

/** What stands against patching a process whatever the patch: the kind of process that it is. Plans and preflights ask here. */
public final class ProcessRefusals {
    /** The function by which glibc tells its version (gnu_get_libc_version(3)); other C libraries lack it. */
    private static final String OF_GLIBC = "gnu_get_libc_version";

    private ProcessRefusals() {}

    /** The reasons; empty where the process is of a kind that can be patched. */
    public static List<Refusal> of(ProcessImage image) {
        if (image.objects().stream().noneMatch(object -> object.elf().header().machine() == ElfHeader.X86_64)) {
            return List.of(new Refusal.WrongMachine(image.executable()));
        }
        if (image.exporting("dlopen").isEmpty()) {
            return List.of(new Refusal.NoDynamicLoader(image.executable()));
        }
        if (image.exporting(OF_GLIBC).isEmpty()) {
            return List.of(new Refusal.OtherLibrary(image.executable()));
        }
        return List.of();
    }
}
