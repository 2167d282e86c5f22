package dev.pulpo.engine.plan;

import dev.pulpo.elf.BuildId;
import static java.util.stream.Collectors.toSet;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.UnresolvedFunction;
import dev.pulpo.engine.check.ConstructorCheck;
import dev.pulpo.engine.check.PlanChecks;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.HalfDone;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Detour;
import dev.pulpo.x86.PreparedDetour;
import dev.pulpo.x86.Recognition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Makes plans: an image of a process and a patch go in, addresses, bytes and refusals come out. Changes nothing. */
public final class Planner {
    private final ProcessImage image;
    private final TraceeMemory memory;
    private final Optional<Registry> registry;
    private final MemoryWindow code;
    private final List<HalfDone.Undo> undone;
    private final List<UnresolvedFunction> unresolved = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private Map<RemoteAddress, RemoteAddress> answers = Map.of();
    private Predecessors earlier = new Predecessors(List.of());

    /** @param registry of the process, with nothing half done; empty where it has no stub yet */
    public Planner(ProcessImage image, TraceeMemory memory, Optional<Registry> registry) {
        this(image, memory, registry, Optional.empty());
    }

    /**
     * As the other, where patches may have been left half done. What is planned is planned as if that had been seen to.
     *
     * @param decided asks the other processes of a transaction whether it stays in force
     */
    public Planner(ProcessImage image, TraceeMemory memory, Optional<Registry> registry, Predicate<Ties> decided) {
        this(image, memory, registry,
                registry.map(known -> HalfDone.of(known, memory, decided)).filter(HalfDone.Remedy::isNeeded));
    }

    private Planner(ProcessImage image, TraceeMemory memory, Optional<Registry> registry,
            Optional<HalfDone.Remedy> remedy) {
        this.image = image;
        this.memory = memory;
        this.registry = remedy.map(HalfDone.Remedy::afterwards).or(() -> registry);
        this.code = new MemoryWindow(memory);
        this.undone = remedy.map(HalfDone.Remedy::code).orElse(List.of());
    }

    /** Plans what is to come into force in the same stop as these, and behind them where they replace the same functions. */
    public Planner behind(List<PatchPlan> others) {
        earlier = new Predecessors(others);
        return this;
    }

    /** Plans with what resolvers of indirect functions, by their addresses, have been asked and have answered. */
    public Planner knowing(Map<RemoteAddress, RemoteAddress> chosen) {
        answers = Map.copyOf(chosen);
        return this;
    }

    /**
     * Makes the plan.
     *
     * @param instead  the library whose patches are to go in the same stop, or {@link #TARGET}, if any
     * @throws IOException where the patch file cannot be read
     */
    public PatchPlan plan(LivePatch patch, Optional<String> instead) throws IOException {
        PatchId id = patch.id();
        ElfFile patchElf = patch.elf();
        Optional<LoadedObject> target = target(patch);
        List<Registry.Entry> leaving = leaving(instead, target);
        Optional<Registry.Entry> transition = registry.flatMap(Registry::transition);
        transition.ifPresent(entry -> refusals.add(new Refusal.InTransition(entry.patch().id())));
        refuseProcess(id, leaving);
        refuseNeighbours(id, patch, leaving);
        refuseConstructors(patch, patchElf);
        // Entries that lead to gates are nothing to plan from.
        List<PlannedFunction> functions = target.filter(object -> transition.isEmpty())
                .map(object -> functions(object, patch, patchElf))
                .orElse(List.of());
        return new PatchPlan(image.pid(), image.startTime(), patch, id,
                target.map(LoadedObject::path).orElse(""), target.map(Planner::buildId).orElse(""), functions,
                unresolved,
                target.map(object -> new References(object, patchElf, refusals).plan(patch.references()))
                        .orElse(List.of()),
                instead, leaving.reversed().stream().map(entry -> entry.patch().id()).toList(), refusals);
    }

    /** In place of a library's name: the one that the patch is for. */
    public static final String TARGET = "target";

    private List<Registry.Entry> leaving(Optional<String> instead, Optional<LoadedObject> target) {
        if (instead.isEmpty() || registry.isEmpty()) {
            return List.of();
        }
        Optional<String> library = instead.get().equals(TARGET) ? target.map(LoadedObject::path) : instead;
        return library.map(name -> Neighbours.of(registry.get(), image, name)).orElse(List.of());
    }

    private void refuseNeighbours(PatchId id, LivePatch patch, List<Registry.Entry> leaving) {
        refusals.addAll(Neighbours.missing(id, patch.dependencies(), dependency -> earlier.has(dependency)
                || registry.stream().flatMap(known -> known.active().stream())
                        .anyMatch(entry -> entry.patch().id().equals(dependency) && !leaving.contains(entry)
                                && !earlier.replaces(entry) && isInForce(entry))));
        refusals.addAll(earlier.needing(leaving, id));
        registry.ifPresent(known -> Neighbours.against(known, leaving).stream()
                .filter(refusal -> !(refusal instanceof Refusal.NeededByOther needed
                        && (needed.patch().equals(id) || earlier.has(needed.patch()))))
                .filter(refusal -> !(refusal instanceof Refusal.NeededByOther needed
                        && earlier.replaces(needed.other())))
                .forEach(refusals::add));
    }

    private void refuseProcess(PatchId id, List<Registry.Entry> leaving) {
        boolean wrongMachine = image.objects().stream()
                .noneMatch(object -> object.elf().header().machine() == EM_X86_64);
        if (wrongMachine) {
            refusals.add(new Refusal.WrongMachine(image.executable()));
        } else if (image.exporting("dlopen").isEmpty()) {
            refusals.add(new Refusal.NoDynamicLoader(image.executable()));
        }
        if (earlier.has(id)) {
            refusals.add(new Refusal.AppliedTwice(id));
        }
        registry.ifPresent(known -> {
            if (known.stub().isDisabled()) {
                refusals.add(new Refusal.Disabled(image.pid()));
            }
            if (known.active().stream().anyMatch(entry -> entry.patch().id().equals(id) && !leaving.contains(entry)
                    && !earlier.replaces(entry) && isInForce(entry))) {
                refusals.add(new Refusal.AlreadyApplied(id));
            }
        });
    }

    private static final int EM_X86_64 = 62;

    private Optional<LoadedObject> target(LivePatch patch) {
        if (patch.target().isEmpty() || patch.replacements().isEmpty()) {
            refusals.add(new Refusal.NothingToReplace(RawText.of(patch.file())));
            return Optional.empty();
        }
        String name = patch.target().get();
        List<LoadedObject> named = image.named(name);
        if (named.isEmpty()) {
            refusals.add(new Refusal.TargetNotLoaded(name,
                    image.objects().stream().map(LoadedObject::fileName).toList()));
            return Optional.empty();
        }
        if (named.size() > 1) {
            refusals.add(new Refusal.TargetAmbiguous(name, named.stream().map(LoadedObject::path).toList()));
            return Optional.empty();
        }
        LoadedObject target = named.getFirst();
        patch.targetBuild().filter(expected -> !expected.equals(buildId(target))).ifPresent(expected -> refusals
                .add(new Refusal.BuildIdMismatch(target.path(), expected, buildId(target))));
        return Optional.of(target);
    }

    private static String buildId(LoadedObject object) {
        return object.elf().buildId().map(BuildId::hex).orElse("");
    }

    private List<PlannedFunction> functions(LoadedObject target, LivePatch patch, ElfFile patchElf) {
        List<PlannedFunction> planned = new ArrayList<>();
        Set<RemoteAddress> seen = new HashSet<>();
        FunctionFinder finder = new FunctionFinder(image, memory, target, answers, unresolved, refusals);
        Entries entries = new Entries(target, finder.symbols(), refusals);
        Set<String> originals = originals(patch, patchElf);
        for (Replacement replacement : patch.replacements()) {
            Optional<TargetFunction> old = finder.find(replacement.function(), packed(target, patch, replacement));
            Optional<ElfSymbol> young = replacement(patch, patchElf, replacement.replacement());
            if (old.isPresent() && young.isPresent()) {
                if (seen.add(target.toRemote(old.get().address()))) {
                    boolean callable = originals.contains(replacement.function());
                    planned(target, entries, replacement, old.get(), young.get().address(), callable)
                            .ifPresent(planned::add);
                } else {
                    refusals.add(new Refusal.ReplacedTwice(replacement.function()));
                }
            }
        }
        return entries.withoutStrayBranches(planned);
    }

    /** A container is for one build, and says where the function is in it: symbols may have been stripped since. */
    private static Optional<LinkAddress> packed(LoadedObject target, LivePatch patch, Replacement replacement) {
        return patch.targetBuild().filter(build -> build.equals(buildId(target)))
                .flatMap(build -> patch.addressOf(replacement.function()));
    }

    /** One that was packed from plain code was looked at then, and what was allowed then is allowed. */
    private void refuseConstructors(LivePatch patch, ElfFile patchElf) {
        if (patch.allowed().contains(Check.CONSTRUCTOR) || patchElf.section(PlanChecks.CHECKED).isPresent()) {
            return;
        }
        List<ConstructorCheck.Place> places = new ArrayList<>(Originals.places(patchElf));
        patch.references().forEach(reference -> places.add(new ConstructorCheck.Place(reference.variable(),
                new LinkAddress(reference.patchOffset()), reference.size())));
        ConstructorCheck.run(patchElf, places).stream().map(Refusal.Unsafe::new).forEach(refusals::add);
    }

    /** The functions whose originals the patch calls. */
    private Set<String> originals(LivePatch patch, ElfFile patchElf) {
        Set<String> replaced = patch.replacements().stream().map(Replacement::function).collect(toSet());
        Set<String> originals = Originals.of(patchElf).stream().map(Originals.Original::function).collect(toSet());
        originals.stream().filter(name -> !replaced.contains(name)).sorted()
                .forEach(name -> refusals.add(new Refusal.UnknownOriginal(RawText.of(patch.file()), name)));
        return originals;
    }

    private Optional<ElfSymbol> replacement(LivePatch patch, ElfFile patchElf, String name) {
        Optional<ElfSymbol> found = patchElf.dynamicSymbols().find(name)
                .or(() -> patchElf.symbols().find(name))
                .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC);
        if (found.isEmpty()) {
            refusals.add(new Refusal.UnknownReplacement(RawText.of(patch.file()), name, Names.nearest(name,
                    patchElf.dynamicSymbols().stream()
                            .filter(symbol -> symbol.isDefined() && symbol.type().isFunction())
                            .map(ElfSymbol::name))));
        }
        return found;
    }

    private Optional<PlannedFunction> planned(LoadedObject target, Entries entries, Replacement replacement,
            TargetFunction old, LinkAddress young, boolean callable) {
        RemoteAddress entry = target.toRemote(old.address());
        CodeBytes code = read(entry.plus(-PreparedDetour.WINDOW_BEFORE),
                PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER);
        Optional<FunctionRecord> inForce = registry.flatMap(known -> known.inForce(entry));
        return switch (Detour.recognise(code, new CodeAddress(entry.value()))) {
            case Recognition.Untouched untouched ->
                Optional.of(planned(replacement, old, young, untouched.detour(), code, Optional.empty()));
            case Recognition.Dormant dormant ->
                Optional.of(planned(replacement, old, young, dormant.detour(), code, Optional.empty()));
            case Recognition.Detoured detoured -> {
                PlannedFunction function = planned(replacement, old, young, detoured.detour(), code, inForce);
                if (inForce.isEmpty() || !Arrays.equals(inForce.get().detour(), expected(function))) {
                    refusals.add(new Refusal.UnexpectedBytes(replacement.function(), function.expected(),
                            inForce.map(f -> HexFormat.of().formatHex(f.detour())).orElse("no detour")));
                    yield Optional.empty();
                }
                yield Optional.of(function);
            }
            case Recognition.NotPrepared notPrepared ->
                entries.plan(replacement, old, young, callable, inForce, earlier.room(entry), this::read);
        };
    }

    private static byte[] expected(PlannedFunction function) {
        return HexFormat.of().parseHex(function.expected());
    }

    private static PlannedFunction planned(Replacement replacement, TargetFunction old, LinkAddress young,
            PreparedDetour detour, CodeBytes code, Optional<FunctionRecord> inForce) {
        int length = (int) detour.flipSlot().plus(PreparedDetour.FLIP).minus(detour.padding());
        byte[] now = code.slice(detour.padding(), length).toByteArray();
        byte[] original = inForce.map(FunctionRecord::original).orElse(now);
        return new PlannedFunction(replacement.function(), new RemoteAddress(detour.entry().value()), old.size(),
                replacement.replacement(), young, new RemoteAddress(detour.padding().value()),
                HexFormat.of().formatHex(now), HexFormat.of().formatHex(original), detour.endbr64(), true);
    }

    private boolean isInForce(Registry.Entry entry) {
        Registry known = registry.orElseThrow();
        return entry.patch().functions().stream().allMatch(function -> {
            byte[] expected = known.inForce(function.entry()).map(FunctionRecord::detour).orElse(function.original());
            try {
                return read(function.site(), expected.length)
                        .equals(CodeBytes.at(new CodeAddress(function.site().value()), expected));
            } catch (SystemCallException unmapped) {
                // The library has been closed since.
                return false;
            }
        });
    }

    /**
     * The code as it will be when it is patched: what a tool that died has left half done is taken back first. The bytes it
     * has written are no reason to refuse.
     */
    private CodeBytes read(RemoteAddress address, int length) {
        byte[] bytes = code.read(address, length);
        for (HalfDone.Undo undo : undone) {
            long at = undo.function().site().minus(address);
            for (int i = 0; i < undo.wanted().length; i++) {
                if (at + i >= 0 && at + i < length) {
                    bytes[(int) at + i] = undo.wanted()[i];
                }
            }
        }
        return CodeBytes.at(new CodeAddress(address.value()), bytes);
    }
}
