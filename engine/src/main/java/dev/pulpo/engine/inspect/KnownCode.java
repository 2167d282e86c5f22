package dev.pulpo.engine.inspect;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.FileTree;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.cfi.UnwindEnd;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.SourceFrame;
import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.StackFrame;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.check.PlanChecks;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Names the addresses of one process: by debug information from the object or from a separate file that the process itself
 * would find, otherwise by symbols. Debug information is read on demand and kept until {@link #close}. Thread-safe.
 */
public final class KnownCode implements AutoCloseable {
    private final Map<ElfFile, Optional<DebugInfo>> infos = new HashMap<>();

    /** Debug information of an object; empty where none can be read. */
    public synchronized Optional<DebugInfo> info(ProcessImage image, LoadedObject object) {
        return infos.computeIfAbsent(object.elf(), elf -> open(image, object));
    }

    /** The checks of a plan against debug information; empty where nothing is known of its target. */
    public Optional<PlanChecks> checks(ProcessImage image, PatchPlan plan) {
        return image.named(plan.target()).stream().findFirst()
                .flatMap(target -> info(image, target).map(known -> new PlanChecks(image, target, known)));
    }

    /**
     * A plan with the findings of debug information as refusals. A plan that is refused already, perhaps because of another
     * build, is not checked.
     *
     * @throws IOException where the patch cannot be read
     */
    public PatchPlan checked(ProcessImage image, PatchPlan plan) throws IOException {
        Optional<PlanChecks> checks = plan.isApplicable() ? checks(image, plan) : Optional.empty();
        return checks.isPresent() ? checks.get().check(plan, plan.patch().allowed()) : plan;
    }

    private static Optional<DebugInfo> open(ProcessImage image, LoadedObject object) {
        FileTree tree = new TargetFiles(image.pid(), image.tid());
        try {
            return Optional.of(
                    DebugInfo.open(object.elf(), object.path(), DebugFiles.in(tree, ReadLimits.PROCESS)));
        } catch (IOException | MalformedElfException unusable) {
            // Symbols remain; an answer without a line shows that.
            return Optional.empty();
        }
    }

    /** Names a stack. */
    ThreadStack name(ProcessImage image, Optional<LoadedObject> vdso, StackReader.RawStack stack) {
        return name(image, stack, number -> frames(image, vdso, stack.frames().get(number)));
    }

    /** Names a stack, with variables. */
    ThreadStack name(ProcessImage image, Optional<LoadedObject> vdso, StackReader.RawStack stack,
            ThreadLocalMemory threadLocals) {
        return name(image, stack, number -> {
            List<StackFrame> frames = frames(image, vdso, stack.frames().get(number));
            return CapturedFrame.of(this, image, stack, threadLocals, number)
                    .map(frame -> FrameValues.of(frames, frame)).orElse(frames);
        });
    }

    private static ThreadStack name(ProcessImage image, StackReader.RawStack stack,
            IntFunction<List<StackFrame>> frames) {
        List<StackFrame> all = IntStream.range(0, stack.frames().size()).mapToObj(frames).flatMap(List::stream)
                .toList();
        String incomplete = stack.end().map(end -> reason(image, end)).orElse(stack.obstacle());
        return new ThreadStack(stack.tid(), stack.name(), all, incomplete, stack.stopped());
    }

    private static String reason(ProcessImage image, UnwindEnd end) {
        String where = image.describe(new RemoteAddress(end.pc()));
        return switch (end) {
            case UnwindEnd.Outermost outermost -> "";
            case UnwindEnd.NoCfi missing -> "no call frame information describes " + where;
            case UnwindEnd.Unreadable unreadable -> "the caller of " + where + " should be stored at "
                    + new RemoteAddress(unreadable.address()) + ", which cannot be read";
            case UnwindEnd.UnknownRegister unknown -> "the caller of " + where
                    + " depends on a register that the frames inside did not keep";
            case UnwindEnd.Malformed malformed -> "the call frame information of " + where + " makes no sense"
                    + malformed.defect().map(defect -> ": " + defect.getMessage()).orElse("");
        };
    }

    /** Whether a stack is known to its beginning. */
    static boolean isWhole(StackReader.RawStack stack) {
        return stack.end().filter(UnwindEnd.Outermost.class::isInstance).isPresent();
    }

    /** The functions at an address: inlined copies first, then the function around them. */
    List<StackFrame> frames(ProcessImage image, Optional<LoadedObject> vdso, StackReader.RawFrame frame) {
        RemoteAddress pc = frame.pc();
        RemoteAddress code = frame.code();
        Optional<LoadedObject> found = image.containing(code).or(() -> vdso.filter(object -> object.contains(code)));
        if (found.isEmpty()) {
            return List.of(new StackFrame(pc, "", "", Optional.empty(), false, List.of()));
        }
        LoadedObject object = found.get();
        if (frame.signal()) {
            return List.of(new StackFrame(pc, object.path(), StackFrame.SIGNAL, Optional.empty(), false, List.of()));
        }
        LinkAddress place = object.toLink(code);
        List<SourceFrame> known = sourceFrames(image, object, place);
        if (known.isEmpty()) {
            String symbol = symbol(image, object, place).map(ElfSymbol::name).orElse("");
            return List.of(new StackFrame(pc, object.path(), symbol, Optional.empty(), false, List.of()));
        }
        return known.stream().map(each -> new StackFrame(pc, object.path(), each.function(), each.place(),
                each.inlined(), List.of())).toList();
    }

    private List<SourceFrame> sourceFrames(ProcessImage image, LoadedObject object, LinkAddress place) {
        try {
            return info(image, object).map(known -> known.frames(place)).orElse(List.of());
        } catch (MalformedElfException malformed) {
            return List.of();
        }
    }

    /** The symbol around an address; a separate debug file has those that were stripped. */
    private Optional<ElfSymbol> symbol(ProcessImage image, LoadedObject object, LinkAddress place) {
        return object.elf().symbolContaining(place)
                .or(() -> info(image, object).flatMap(known -> known.symbolContaining(place)));
    }

    /** Describes an address. */
    public CodePlace where(ProcessImage image, TraceeMemory memory, RemoteAddress address) {
        Optional<Mapping> mapping = image.map().find(address);
        String path = mapping.map(Mapping::path).orElse("");
        String permissions = mapping.map(Mapping::permissions).orElse("");
        Optional<LoadedObject> found = image.containing(address)
                .or(() -> UnwindTables.vdso(image, memory).filter(object -> object.contains(address)));
        if (found.isEmpty()) {
            return new CodePlace(address, path, permissions, Optional.empty(), "", 0, List.of());
        }
        LinkAddress place = found.get().toLink(address);
        Optional<ElfSymbol> symbol = symbol(image, found.get(), place);
        return new CodePlace(address, path, permissions, Optional.of(place), symbol.map(ElfSymbol::name).orElse(""),
                symbol.map(known -> place.value() - known.value()).orElse(0L), sourceFrames(image, found.get(), place));
    }

    @Override
    public synchronized void close() {
        infos.values().forEach(info -> info.ifPresent(DebugInfo::close));
        infos.clear();
    }
}
