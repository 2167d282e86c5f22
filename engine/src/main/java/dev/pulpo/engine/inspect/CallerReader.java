package dev.pulpo.engine.inspect;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds the instructions of a process that call a function or jump to it. Stops nothing. */
public final class CallerReader {
    private final ProcessImage image;
    private final TraceeMemory memory;
    private final KnownCode code;
    private final FunctionReader functions;
    private final Decoder decoder = new Decoder();

    public CallerReader(ProcessImage image, TraceeMemory memory, KnownCode code) {
        this.image = image;
        this.memory = memory;
        this.code = code;
        functions = new FunctionReader(image, memory, code);
    }

    /**
     * Looks through the functions of all objects, as far as frame descriptions tell where they are.
     *
     * @param function as {@link FunctionReader#read} takes it
     */
    public List<CodePlace> read(String function) {
        RemoteAddress entry = functions.entry(function);
        List<CodePlace> found = new ArrayList<>();
        for (LoadedObject object : image.objects()) {
            Set<LinkAddress> slots = functions.slotsOf(object, entry);
            Set<LinkAddress> entries = new HashSet<>(functions.linkage(object, slots));
            if (object.contains(entry)) {
                entries.add(object.toLink(entry));
            }
            if (!slots.isEmpty() || !entries.isEmpty()) {
                callers(object, entries, slots).forEach(place -> found.add(
                        code.where(image, memory, object.toRemote(place))));
            }
        }
        return found;
    }

    private List<LinkAddress> callers(LoadedObject object, Set<LinkAddress> entries, Set<LinkAddress> slots) {
        List<LinkAddress> found = new ArrayList<>();
        CodeIndex index = CodeIndex.of(object.elf());
        List<Section> linkage = object.elf().sections().stream()
                .filter(section -> section.name().startsWith(FunctionReader.LINKAGE)).toList();
        for (long start : index.functions().starts()) {
            LinkAddress first = new LinkAddress(start);
            AddressRange range = index.functions().startingAt(first).orElseThrow();
            if (range.size() > FunctionReader.LARGEST
                    || linkage.stream().anyMatch(section -> section.contains(first))) {
                continue;
            }
            byte[] bytes = index.bytes(start, range.size());
            int length;
            for (int at = 0; at < bytes.length; at += length) {
                length = decoder.decode(bytes, at, bytes.length);
                if (length == 0) {
                    break;
                }
                LinkAddress next = new LinkAddress(start + at + length);
                boolean leads = decoder.flow().isDirect()
                        ? entries.contains(next.plus(decoder.branchDisplacement()))
                        : (decoder.flow() == Flow.INDIRECT_CALL || decoder.flow() == Flow.INDIRECT_JUMP)
                                && decoder.isRipRelative() && slots.contains(next.plus(decoder.displacement()));
                if (leads) {
                    found.add(new LinkAddress(start + at));
                }
            }
        }
        return found;
    }
}
