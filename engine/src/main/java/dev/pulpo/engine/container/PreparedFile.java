package dev.pulpo.engine.container;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfEditor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Detour;
import dev.pulpo.x86.PreparedDetour;
import dev.pulpo.x86.Recognition;
import java.lang.foreign.ValueLayout;

/** Objects that were built with {@code -fpatchable-function-entry=16,14}. */
public final class PreparedFile {
    private PreparedFile() {}

    /** Whether an object says that it has prepared functions. */
    public static boolean isPrepared(ElfFile elf) {
        return !elf.patchableFunctionEntries().isEmpty();
    }

    /**
     * Makes one instruction of the two nops at each prepared entry, as libpulp's {@code post} does.
     *
     * @return the editor with these changes, which is yet to be written
     * @throws MalformedElfException where what the object calls a prepared entry is none
     */
    public static ElfEditor mergeNops(ElfFile elf) {
        ElfEditor editor = ElfEditor.of(elf);
        for (LinkAddress padding : elf.patchableFunctionEntries()) {
            CodeAddress entry = new CodeAddress(padding.value() + PreparedDetour.PADDING);
            ByteCursor bytes = elf.at(padding, PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER);
            CodeBytes code = CodeBytes.at(new CodeAddress(padding.value()),
                    bytes.bytes(bytes.limit()).toArray(ValueLayout.JAVA_BYTE));
            if (!(Detour.recognise(code, entry) instanceof Recognition.Untouched untouched)) {
                throw new MalformedElfException(elf.name(), elf.fileOffset(padding).orElseThrow().value(),
                        "16 bytes of nops around a function's entry", code.toString());
            }
            PreparedDetour detour = untouched.detour();
            editor.overwrite(new LinkAddress(detour.flipSlot().value()), detour.idle().toByteArray());
        }
        return editor;
    }
}
