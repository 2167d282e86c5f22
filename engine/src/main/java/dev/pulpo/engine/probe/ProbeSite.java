package dev.pulpo.engine.probe;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.engine.check.CallShape;
import java.util.OptionalInt;
import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.check.PatchChecks;
import dev.pulpo.engine.check.ReplacedFunction;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.container.FunctionPair;
import dev.pulpo.engine.container.Metadata;
import dev.pulpo.engine.inspect.KnownCode;
import dev.pulpo.engine.inspect.NamedFunctions;
import dev.pulpo.engine.inspect.ThreadDebugSymbols;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.TargetMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where a probe goes: the object with the function, and what the probe's code uses of the process. */
public final class ProbeSite {
    /** The field with a thread's id in a thread's descriptor, which begins at the thread pointer. */
    private static final String THREAD_ID = "pthread_tid";
    private static final int FARTHEST = 1 << 16;

    private final ProcessImage image;
    private final TargetMemory memory;
    private final Probe probe;
    private final LoadedObject object;
    private final Optional<CallPlan> calls;
    private final int words;
    private final ProbeObject made;
    private final byte[] bytes;

    /**
     * Finds the object, and makes the code.
     *
     * @param code what debug information says
     * @throws RefusedException where the process has no such function, or several and nothing tells which one is meant; where
     *                          the function cannot be seen to return
     */
    public ProbeSite(ProcessImage image, TargetMemory memory, Probe wanted, KnownCode code) {
        this.image = image;
        this.memory = memory;
        NamedFunctions functions = new NamedFunctions(image, memory);
        probe = bySymbol(wanted, functions);
        object = probe.object().map(this::named).orElseGet(() -> search(functions));
        if (probe.action() instanceof Probe.Action.Delay) {
            refuseFilters("sleeps");
        }
        Optional<CallShape> shape = seesCalls() ? shape(code) : Optional.empty();
        calls = probe.action() instanceof Probe.Action.Trace trace
                ? Optional.of(CallPlan.of(trace, shape.flatMap(CallShape::declared)))
                : Optional.empty();
        words = seesReturns() ? words(shape) : 0;
        if (seesCalls()) {
            refuseWithoutClock();
        }
        if (calls.filter(plan -> plan.calls().hasText()).isPresent()) {
            refuseFilters("reads its own memory by a system call");
        }
        made = new ProbeObject(probe, this);
        bytes = made.toBytes();
    }

    private boolean seesCalls() {
        return probe.action() instanceof Probe.Action.Time || probe.action() instanceof Probe.Action.Trace;
    }

    private boolean seesReturns() {
        return probe.action() instanceof Probe.Action.Time
                || probe.action() instanceof Probe.Action.Trace trace && trace.returns();
    }

    /** What is recorded of calls, and how; empty unless it traces. */
    public Optional<CallPlan> calls() {
        return calls;
    }

    /** How many words of eight bytes are copied for each call. */
    int words() {
        return words;
    }

    /** How the function is called; empty where it is not one at a fixed address of the object. */
    private Optional<CallShape> shape(KnownCode code) {
        if (!(goal(probe.function()) instanceof Goal.Own own)) {
            return Optional.empty();
        }
        Optional<ElfSymbol> symbol = SymbolSources.of(image, object).startingAt(own.address());
        String name = symbol.map(ElfSymbol::name).orElse("");
        boolean external = symbol.filter(known -> known.binding() != SymbolBinding.LOCAL).isPresent();
        DebugInfo info = code.info(image, object).orElseGet(() -> DebugInfo.of(object.elf()));
        ProcessCode process = new ProcessCode(image, memory, object, info);
        return Optional.of(new CallShape(process, process.of(object), own.address(),
                own.name().startsWith("0x") ? name : own.name(), external));
    }

    private int words(Optional<CallShape> shape) {
        CallShape.Stack stack = shape.map(CallShape::stack).orElseGet(() -> new CallShape.Stack.Unknown(
                "which code it has is decided when the process starts"));
        OptionalInt stated = probe.action().stated();
        return switch (stack) {
            case CallShape.Stack.Bound bound ->
                throw refused(new Refusal.Unreturned(probe.function(), bound.reason(), false));
            case CallShape.Stack.Words known -> Math.max(known.count(), stated.orElse(0) / Long.BYTES);
            case CallShape.Stack.Unknown unknown -> stated.orElseThrow(
                    () -> refused(new Refusal.Unreturned(probe.function(), unknown.reason(), true))) / Long.BYTES;
        };
    }

    private void refuseWithoutClock() {
        TickRate.obstacle().ifPresent(reason -> {
            throw refused(new Refusal.NotPatchable(probe.function(), reason));
        });
        for (int tid : ProcFs.liveThreads(image.pid())) {
            if (seccomp(tid).filter("1"::equals).isPresent()) {
                throw refused(new Refusal.NotPatchable(probe.function(), "thread " + tid
                        + " is in the strict mode of seccomp(2), in which reading the time stamp counter kills it"));
            }
        }
    }

    private Optional<String> seccomp(int tid) {
        return ProcFs.findStatus(image.pid(), tid).flatMap(status -> status.find("Seccomp"));
    }

    private RefusedException refused(Refusal refusal) {
        return new RefusedException(image.pid(), refusal);
    }

    private LoadedObject named(String name) {
        List<LoadedObject> found = image.named(name);
        if (found.size() == 1) {
            return found.getFirst();
        }
        throw refused(found.isEmpty()
                ? new Refusal.TargetNotLoaded(name,
                        image.objects().stream().map(LoadedObject::path).distinct().toList())
                : new Refusal.TargetAmbiguous(name, found.stream().map(LoadedObject::place).toList()));
    }

    /** The object with the function that is meant; which one of the object's functions it is, the plan finds out. */
    private LoadedObject search(NamedFunctions named) {
        String function = probe.function();
        if (function.startsWith("0x")) {
            return named("exe");
        }
        int at = function.lastIndexOf('@');
        List<NamedFunctions.Named> meant = at > 0
                ? named.anywhere(function.substring(0, at).replaceAll("@$", ""))
                : named.all(function);
        if (meant.stream().map(NamedFunctions.Named::object).distinct().count() > 1) {
            throw named.ambiguous(function,
                    meant.stream().map(each -> each.symbol().name() + " in " + each.object().path()).distinct());
        }
        return meant.getFirst().object();
    }

    /** The probe with the symbol of its function, where that is given as people know it. */
    private Probe bySymbol(Probe wanted, NamedFunctions functions) {
        String name = wanted.function();
        return name.startsWith("0x") || name.contains("@")
                ? wanted
                : wanted.named(functions.symbol(wanted.object()
                        .map(each -> List.of(named(each))).orElseGet(() -> image.inLookupOrder(0)), name));
    }

    private static boolean isExported(LoadedObject object, String name) {
        return !SymbolSources.exported(object.elf(), name).isEmpty();
    }

    /** A filter may kill whoever makes a system call (seccomp(2)), and nothing tells what filters do that are yet to come. */
    private void refuseFilters(String what) {
        for (int tid : ProcFs.liveThreads(image.pid())) {
            if (seccomp(tid).filter(text -> !text.equals("0")).isPresent()) {
                throw refused(new Refusal.NotPatchable(probe.function(),
                        "thread " + tid + " has a seccomp filter, which may kill a thread that " + what));
            }
        }
    }

    /** The offset of a thread's id from the thread pointer. */
    int threadId() {
        return new ThreadDebugSymbols(image, memory).field(THREAD_ID)
                .filter(field -> field.bits() == Integer.SIZE && field.offset() >= 0 && field.offset() < FARTHEST)
                .map(ThreadDebugSymbols.Field::offset)
                .orElseThrow(() -> refused(new Refusal.NotPatchable(probe.function(),
                        "the C library of the process does not tell where threads keep their ids")));
    }

    /** What a slot of the probe leads to. */
    sealed interface Goal {
        /** A function of the object, at a link address. */
        record Own(String name, LinkAddress address) implements Goal {}

        /** A symbol that the loader finds. */
        record Import(ElfSymbol symbol) implements Goal {}
    }

    /** The function that sets or gets what a name stands for. */
    Goal goal(String name) {
        SymbolSources symbols = SymbolSources.of(image, object);
        if (name.startsWith("0x")) {
            LinkAddress address = address(name);
            if (symbols.startingAt(address).isEmpty()
                    && CodeIndex.of(object.elf()).functions().startingAt(address).isEmpty()) {
                throw refused(new Refusal.NotPatchable(probe.function(),
                        "no function of " + object.path() + " begins at " + name));
            }
            return new Goal.Own(name, address);
        }
        List<ElfSymbol> own = symbols.functions(name);
        if (own.size() == 1 && own.getFirst().type() != SymbolType.GNU_IFUNC) {
            return new Goal.Own(name, own.getFirst().address());
        }
        if (own.size() > 1 && !isExported(object, name)) {
            throw refused(new Refusal.AmbiguousFunction(object.path(), name,
                    own.stream().map(symbol -> symbol.address().toString()).toList()));
        }
        List<String> renamed = symbols.renamed(name).stream().map(ElfSymbol::name).toList();
        if (own.isEmpty() && !renamed.isEmpty()) {
            throw refused(new Refusal.RenamedFunction(object.path(), name, renamed));
        }
        return image.exporting(name).flatMap(other -> SymbolSources.exported(other.elf(), name).stream().findFirst())
                .map(Goal.Import::new)
                .orElseThrow(() -> refused(new Refusal.UnknownFunction(object.path(), name,
                        NearestNames.to(name, symbols.names()))));
    }

    private LinkAddress address(String text) {
        try {
            return new LinkAddress(Long.parseUnsignedLong(text.substring(2), 16));
        } catch (NumberFormatException noNumber) {
            throw refused(new Refusal.NotPatchable(probe.function(), text + " is no hexadecimal address"));
        }
    }

    /**
     * Writes the probe's shared object into a file, and makes the patch.
     *
     * @param directory nobody but root and this user can change it
     * @throws IOException where the file cannot be written
     */
    public LivePatch patch(Path directory) throws IOException {
        Path file = Files.createTempFile(directory, "probe-", ".so");
        Files.write(file, bytes);
        LivePatch bare = LivePatch.of(file);
        String name = image.nameOf(object);
        byte[] id = new byte[PatchId.BYTES];
        byte[] own = bare.elf().buildId().orElseThrow().bytes();
        // The build-id is that of this very file, which no other probe shares.
        System.arraycopy(own, 0, id, 0, PatchId.BYTES / 2);
        System.arraycopy(own, 0, id, PatchId.BYTES / 2, PatchId.BYTES / 2);
        Metadata metadata = new Metadata(new PatchId(id), object.elf().buildId().orElse(new BuildId("")), name,
                List.of(new FunctionPair(probe.function(), ProbeObject.NAME, new LinkAddress(0))), List.of(),
                made.references());
        return new LivePatch(file, Optional.of(name), object.elf().buildId().map(BuildId::hex),
                List.of(new Replacement(probe.function(), ProbeObject.NAME)), probe.toString(), Optional.of(metadata),
                Optional.empty(), allowed());
    }

    /**
     * The code changes no register that the function would not change, has no buffer to guard, and reads no argument. A
     * function to which calls are redirected may do all of that; if it is one of the same object, {@link #checked} looks.
     */
    private Set<Check> allowed() {
        Set<Check> allowed = EnumSet.of(Check.OPTIONS);
        if (!(probe.action() instanceof Probe.Action.Redirect) || leadsToOwnFunction()) {
            allowed.add(Check.CONVENTION);
        }
        allowed.addAll(probe.allowed());
        return allowed;
    }

    private boolean leadsToOwnFunction() {
        return probe.action() instanceof Probe.Action.Redirect && !made.references().isEmpty();
    }

    /** The plan, with what there is to say against a function of the same object to which calls are redirected. */
    public PatchPlan checked(PatchPlan plan, KnownCode code) {
        if (!leadsToOwnFunction() || !plan.isApplicable()) {
            return plan;
        }
        DataReference to = made.references().getFirst();
        List<ReplacedFunction> functions = plan.functions().stream()
                .map(function -> new ReplacedFunction(function.function(), object.toLink(function.entry()),
                        to.variable(),
                        new LinkAddress(to.targetOffset())))
                .toList();
        List<Refusal> refusals = new ArrayList<>(plan.refusals());
        code.info(image, object).stream()
                .flatMap(info -> PatchChecks.within(new CodeFacts(object.elf(), info), functions).stream())
                .filter(finding -> !probe.allowed().contains(finding.check())).map(Refusal.Unsafe::new)
                .forEach(refusals::add);
        return plan.with(refusals);
    }

    /** The same patch, on top of others. */
    public static LivePatch onTopOf(LivePatch patch, List<PatchId> others) {
        Metadata bare = patch.metadata().orElseThrow();
        return new LivePatch(patch.file(), patch.target(), patch.targetBuild(), patch.replacements(), patch.comment(),
                Optional.of(new Metadata(bare.id(), bare.targetBuild(), bare.target(), bare.functions(), others,
                        bare.references())),
                patch.seenAs(), patch.allowed());
    }

    /** The reference that fills a slot with the address of a function of the object. */
    static DataReference reference(Goal.Own goal, LinkAddress slot) {
        return new DataReference(goal.name, ".slot", goal.address.value(), slot.value(), false);
    }
}
