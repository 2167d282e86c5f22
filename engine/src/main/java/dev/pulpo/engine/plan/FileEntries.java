package dev.pulpo.engine.plan;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Detour;
import dev.pulpo.x86.PreparedDetour;
import dev.pulpo.x86.Recognition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Whether functions of a file can be replaced, asked before there is a process. */
public final class FileEntries {
    /** Somewhere that leaves room for a trampoline in front of it. */
    private static final long BIAS = 0x7f00_0000_0000L;
    private static final long ROOM = 1L << 40;

    private FileEntries() {}

    /**
     * A function.
     *
     * @param size in bytes
     */
    public record Function(String name, LinkAddress address, long size) {}

    /**
     * What keeps functions from being replaced.
     *
     * @param symbols of the file, or of its debug file
     */
    public static List<Refusal> refusals(ElfFile elf, SymbolTable symbols, List<Function> functions) {
        RemoteAddress start = new RemoteAddress(BIAS);
        LoadedObject object = new LoadedObject(elf.name(),
                List.of(new Mapping(start, start.plus(ROOM), "r-xp", 0, "0:0",
                        1, elf.name(), false)),
                BIAS, elf, Optional.empty());
        CodeIndex index = CodeIndex.of(elf);
        List<Refusal> refusals = new ArrayList<>();
        Entries entries = new Entries(object, SymbolSources.of(elf, symbols), refusals);
        Entries.Code code = (address, length) -> CodeBytes.at(new CodeAddress(address.value()),
                index.bytes(object.toLink(address).value(), length));
        List<PlannedFunction> planned = new ArrayList<>();
        for (Function function : functions) {
            RemoteAddress entry = object.toRemote(function.address());
            CodeBytes around = code.read(entry.plus(-PreparedDetour.WINDOW_BEFORE),
                    PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER);
            if (around.length() < PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER || Detour.recognise(around,
                    new CodeAddress(entry.value())) instanceof Recognition.NotPrepared) {
                entries.plan(new Replacement(function.name(), function.name()),
                        new TargetFunction(function.name(), function.address(), function.size()), function.address(),
                        false, Optional.empty(), OptionalInt.empty(), code).ifPresent(planned::add);
            }
        }
        entries.withoutStrayBranches(planned);
        return refusals;
    }
}
