package dev.pulpo.engine.plan;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.OtherPatcher;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Detour;
import dev.pulpo.x86.PreparedDetour;
import dev.pulpo.x86.Recognition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Looks for the work of other live patchers: detours at prepared entries that no record explains, and libpulp's own library. */
public final class OtherPatches {
    /** libpulp's library; its stub in Pulpo's place has another name. */
    private static final String LIBPULP = "libpulp.so";

    private OtherPatches() {}

    /** Paths of libpulp's own library. */
    public static List<String> libraries(ProcessImage image) {
        return image.objects().stream()
                .filter(object -> (object.fileName().startsWith(LIBPULP)
                        || object.elf().dynamic().soname().filter(name -> name.startsWith(LIBPULP)).isPresent())
                        && object.exported(StubLayout.SYMBOL).isEmpty())
                .map(LoadedObject::path).distinct().toList();
    }

    /**
     * What there is. A detour that only the first of two looks knows no record of is Pulpo's: tools write a record before they
     * change entries.
     *
     * @param registry reads Pulpo's own records; empty without a stub
     */
    public static Optional<OtherPatcher> of(ProcessImage image, TargetMemory memory,
            Supplier<Optional<Registry>> registry) {
        return look(image, memory, registry.get()).flatMap(first -> look(image, memory, registry.get())
                .map(second -> new OtherPatcher(second.libraries(),
                        second.functions().stream().filter(first.functions()::contains).toList()))
                .filter(both -> !both.libraries().isEmpty() || !both.functions().isEmpty()));
    }

    private static Optional<OtherPatcher> look(ProcessImage image, TargetMemory memory, Optional<Registry> registry) {
        Set<RemoteAddress> own = registry.stream().flatMap(known -> known.records().stream())
                .flatMap(record -> record.patch().functions().stream()).map(FunctionRecord::entry)
                .collect(Collectors.toSet());
        MemoryWindow code = new MemoryWindow(memory);
        List<String> functions = new ArrayList<>();
        for (LoadedObject object : image.objects()) {
            for (LinkAddress padding : object.elf().patchableFunctionEntries()) {
                RemoteAddress entry = object.toRemote(padding).plus(PreparedDetour.PADDING);
                if (!own.contains(entry) && isDetoured(code, entry)) {
                    functions.add(object.elf().symbolContaining(object.toLink(entry)).map(ElfSymbol::name)
                            .orElse(object.fileName() + "+" + object.toLink(entry)));
                }
            }
        }
        List<String> libraries = libraries(image);
        return libraries.isEmpty() && functions.isEmpty()
                ? Optional.empty()
                : Optional.of(new OtherPatcher(libraries, functions));
    }

    private static boolean isDetoured(MemoryWindow code, RemoteAddress entry) {
        RemoteAddress from = entry.plus(-PreparedDetour.WINDOW_BEFORE);
        try {
            byte[] bytes = code.read(from, PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER);
            return Detour.recognise(CodeBytes.at(new CodeAddress(from.value()), bytes),
                    new CodeAddress(entry.value())) instanceof Recognition.Detoured;
        } catch (SystemCallException unmapped) {
            // Its library has been closed since the map was read.
            return false;
        }
    }
}
