package dev.pulpo.engine.plan;

import static java.util.stream.Collectors.toSet;

import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfHeader;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.ByteString;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.UnresolvedFunction;
import dev.pulpo.engine.check.ConstructorCheck;
import dev.pulpo.engine.check.PlanChecks;
import dev.pulpo.engine.code.GoCode;
import dev.pulpo.engine.check.UndefinedSymbols;
import dev.pulpo.engine.registry.Declared;
import dev.pulpo.engine.registry.EntryState;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
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

/** Makes plans. Changes nothing. */
public final class Planner {
    private final ProcessImage image;
    private final TargetMemory memory;
    private final Optional<Registry> registry;
    private final MemoryWindow code;
    private final List<UnresolvedFunction> unresolved = new ArrayList<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private Map<RemoteAddress, RemoteAddress> answers = Map.of();
    private Predecessors earlier = new Predecessors(List.of());
    private List<PatchId> later = List.of();

    /**
     * @param memory   of the process after recovery
     * @param registry its records after recovery; empty without a stub
     */
    public Planner(ProcessImage image, TargetMemory memory, Optional<Registry> registry) {
        this.image = image;
        this.memory = memory;
        this.registry = registry;
        this.code = new MemoryWindow(memory);
    }

    /** Plans on top of these, which come into force in the same stop. */
    public Planner after(List<PatchPlan> others) {
        earlier = new Predecessors(others);
        return this;
    }

    /** Plans below these, which come on top of it in the same stop, or are there already. */
    public Planner below(List<PatchId> others) {
        later = List.copyOf(others);
        return this;
    }

    /** Plans with the answers of resolvers, by resolver; remote addresses. */
    public Planner resolving(Map<RemoteAddress, RemoteAddress> chosen) {
        answers = Map.copyOf(chosen);
        return this;
    }

    /**
     * Makes the plan.
     *
     * @param instead library whose patches are removed in the same stop, or {@link #TARGET}
     * @throws IOException where the patch file cannot be read
     */
    public PatchPlan plan(LivePatch patch, Optional<String> instead) throws IOException {
        PatchId id = patch.id();
        ElfFile patchElf = patch.elf();
        Optional<LoadedObject> target = target(patch);
        List<Registry.StoredRecord> superseded = superseded(instead, target);
        Optional<Registry.StoredRecord> transition = registry.flatMap(Registry::transition);
        transition.ifPresent(record -> refusals.add(new Refusal.InTransition(record.patch().id())));
        refuseProcess(id, target, superseded);
        refuseFile(patch, patchElf);
        refuseNeighbours(id, patch, superseded);
        refuseConstructors(patch, patchElf);
        refuseDeclarations(id, patch, Declarations.of(patchElf));
        if (!patch.allowed().contains(Check.UNDEFINED)) {
            target.flatMap(object -> UndefinedSymbols.inProcess(image, object, patchElf)).map(Refusal.Unsafe::new)
                    .ifPresent(refusals::add);
        }
        // Nothing can be planned at entries that lead to gates.
        List<PlannedFunction> functions = target.filter(object -> transition.isEmpty())
                .map(object -> functions(object, patch, patchElf))
                .orElse(List.of());
        return new PatchPlan(image.pid(), image.startTime(), patch, id,
                target.map(image::nameOf).orElse(""), target.map(Planner::buildId).orElse(""), functions,
                unresolved,
                target.map(object -> new References(object, patchElf, refusals).plan(patch.references()))
                        .orElse(List.of()),
                instead, superseded.reversed().stream().map(record -> record.patch().id()).toList(), refusals);
    }

    /** Stands for the library that the patch is for. */
    public static final String TARGET = "target";

    private List<Registry.StoredRecord> superseded(Optional<String> instead, Optional<LoadedObject> target) {
        if (instead.isEmpty() || registry.isEmpty()) {
            return List.of();
        }
        Optional<String> library = instead.get().equals(TARGET) ? target.map(image::nameOf) : instead;
        return library.map(name -> PatchRelations.of(registry.get(), image, name)).orElse(List.of());
    }

    private void refuseNeighbours(PatchId id, LivePatch patch, List<Registry.StoredRecord> superseded) {
        refusals.addAll(PatchRelations.missing(id, patch.dependencies(), dependency -> earlier.has(dependency)
                || registry.stream().flatMap(known -> known.active().stream())
                        .anyMatch(record -> record.patch().id().equals(dependency) && !superseded.contains(record)
                                && !earlier.replaces(record) && isInForce(record))));
        refusals.addAll(earlier.needing(superseded, id));
        registry.ifPresent(known -> PatchRelations.against(known, superseded).stream()
                .filter(refusal -> !(refusal instanceof Refusal.NeededByOther needed
                        && (needed.patch().equals(id) || earlier.has(needed.patch()))))
                .filter(refusal -> !(refusal instanceof Refusal.NeededByOther needed
                        && earlier.replaces(needed.other())))
                .forEach(refusals::add));
    }

    /** A file that the loader would not load, whatever it defines (dlopen(3)). */
    private void refuseFile(LivePatch patch, ElfFile patchElf) {
        String reason = patchElf.header().machine() != ElfHeader.X86_64
                ? "it is for another machine than x86-64"
                : !patchElf.header().type().equals(ObjectType.DYNAMIC)
                        ? "it is no shared object: link it with -shared"
                        : patchElf.interpreter().isPresent() && patchElf.dynamic().isProgram()
                                ? "it is a program: link it with -shared"
                                : "";
        if (!reason.isEmpty()) {
            refusals.add(new Refusal.NotLoadable(RawText.of(patch.file()), reason));
        }
    }

    private void refuseProcess(PatchId id, Optional<LoadedObject> target, List<Registry.StoredRecord> superseded) {
        refusals.addAll(ProcessRefusals.of(image));
        if (earlier.has(id)) {
            refusals.add(new Refusal.AppliedTwice(id));
        }
        registry.ifPresent(known -> {
            if (known.stub().isDisabled()) {
                refusals.add(new Refusal.Disabled(image.pid()));
            }
            known.active().stream()
                    .filter(record -> record.patch().id().equals(id) && !superseded.contains(record)
                            && !earlier.replaces(record) && isInForce(record))
                    .findFirst().ifPresent(record -> refusals.add(!isFor(record, target)
                            ? new Refusal.AppliedElsewhere(id, record.patch().target())
                            : isNewest(record) ? new Refusal.AlreadyApplied(id) : new Refusal.Superseded(id)));
        });
    }

    /** False for a patch of another loading of the same library. */
    private boolean isFor(Registry.StoredRecord record, Optional<LoadedObject> target) {
        List<LoadedObject> patched = image.named(record.patch().target());
        return target.isEmpty() || patched.isEmpty() || patched.contains(target.get());
    }

    private Optional<LoadedObject> target(LivePatch patch) {
        if (patch.target().isEmpty() || patch.replacements().isEmpty()) {
            refusals.add(new Refusal.NothingToReplace(RawText.of(patch.file())));
            return Optional.empty();
        }
        String name = patch.target().get();
        List<LoadedObject> named = candidates(patch, name);
        if (named.isEmpty()) {
            refusals.add(new Refusal.TargetNotLoaded(name,
                    image.objects().stream().filter(LoadedObject::isListed).map(LoadedObject::fileName).toList()));
            return Optional.empty();
        }
        if (named.size() > 1) {
            refusals.add(new Refusal.TargetAmbiguous(name, named.stream().map(LoadedObject::place).toList()));
            return Optional.empty();
        }
        LoadedObject target = named.getFirst();
        patch.targetBuild().filter(expected -> !expected.equals(buildId(target))).ifPresent(expected -> refusals
                .add(new Refusal.BuildIdMismatch(target.path(), expected, buildId(target))));
        return Optional.of(target);
    }

    /**
     * The objects that the patch may be for. A container is for a build, and its name for the target is a hint: a program
     * has no SONAME, and a file may be renamed. A name that the user gives is binding.
     */
    private List<LoadedObject> candidates(LivePatch patch, String name) {
        List<LoadedObject> named = image.named(name);
        List<LoadedObject> built = patch.targetBuild().filter(build -> !build.isEmpty()).stream()
                .flatMap(build -> image.objects().stream()
                        .filter(object -> object.isListed() && buildId(object).equals(build)))
                .toList();
        List<LoadedObject> both = built.stream().filter(named::contains).toList();
        boolean hint = patch.metadata().filter(container -> container.target().equals(name)).isPresent();
        return !both.isEmpty() ? both : hint && !built.isEmpty() ? built : named;
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
        GoCode go = GoCode.of(target.elf());
        for (Replacement replacement : patch.replacements()) {
            Optional<TargetFunction> old = finder.find(replacement.function(), packed(target, patch, replacement));
            Optional<ElfSymbol> symbol = replacement(patch, patchElf, replacement.replacement());
            if (old.isPresent() && go.contains(old.get().address())) {
                refusals.add(
                        new Refusal.NotPatchable(replacement.function(), "it is written in Go, whose functions take "
                                + "their arguments in other registers, and whose stacks move while they run"));
            } else if (old.isPresent() && symbol.isPresent()) {
                if (seen.add(target.toRemote(old.get().address()))) {
                    boolean callable = originals.contains(replacement.function());
                    planned(target, entries, replacement, old.get(), symbol.get().address(), callable)
                            .ifPresent(planned::add);
                } else {
                    refusals.add(new Refusal.ReplacedTwice(replacement.function()));
                }
            }
        }
        if (!patch.allowed().contains(Check.INTERPOSED)) {
            refuseUnused(target, planned);
        }
        return entries.withoutStrayBranches(planned);
    }

    private void refuseUnused(LoadedObject target, List<PlannedFunction> planned) {
        Interposition interposition = new Interposition(image, memory, target);
        for (PlannedFunction function : planned) {
            interposition.instead(target.toLink(function.entry())).ifPresent(other -> refusals.add(new Refusal.Unsafe(
                    new Finding(Check.INTERPOSED, "replacing " + function.function() + " of " + target.path()
                            + " has no effect: callers get the definition of " + other.path()
                            + ", which takes its place; replace that one", List.of()))));
        }
    }

    /** A container for this build tells the function's address, even if symbols have been stripped since. */
    private static Optional<LinkAddress> packed(LoadedObject target, LivePatch patch, Replacement replacement) {
        return patch.targetBuild().filter(build -> build.equals(buildId(target)))
                .flatMap(build -> patch.addressOf(replacement.function()));
    }

    /** A container packed from plain code was checked then; what was allowed then stays allowed. */
    private void refuseConstructors(LivePatch patch, ElfFile patchElf) {
        if (patch.allowed().contains(Check.CONSTRUCTOR) || patchElf.section(PlanChecks.CHECKED).isPresent()) {
            return;
        }
        List<ConstructorCheck.Place> places = new ArrayList<>(Originals.places(patchElf));
        patch.references().forEach(reference -> places.add(new ConstructorCheck.Place(reference.variable(),
                new LinkAddress(reference.patchOffset()), reference.size())));
        ConstructorCheck.run(patchElf, places).stream().map(Refusal.Unsafe::new).forEach(refusals::add);
    }

    private void refuseDeclarations(PatchId id, LivePatch patch, Declarations declarations) throws IOException {
        declarations.problems()
                .forEach(reason -> refusals.add(new Refusal.BadDeclaration(RawText.of(patch.file()), reason)));
        registry.ifPresent(known -> known.active().forEach(record -> refuseOlder(id, declarations,
                record.patch().id(), record.patch().declared().states())));
        for (PatchPlan plan : earlier.plans()) {
            refuseOlder(id, declarations, plan.id(), Declarations.of(plan.patch().elf()).at(0).states());
        }
    }

    /** Refuses a patch that knows less of a state than another one that comes before it. */
    private void refuseOlder(PatchId id, Declarations declarations, PatchId other, List<Declared.State> states) {
        for (Declarations.State own : declarations.states()) {
            states.stream().filter(state -> state.id() == own.state().id()
                    && Integer.compareUnsigned(state.version(), own.state().version()) > 0)
                    .forEach(state -> refusals.add(new Refusal.StateOlder(id, state.id(), own.state().version(), other,
                            state.version())));
        }
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
            refusals.add(new Refusal.UnknownReplacement(RawText.of(patch.file()), name, NearestNames.to(name,
                    patchElf.dynamicSymbols().stream()
                            .filter(symbol -> symbol.isDefined() && symbol.type().isFunction())
                            .map(ElfSymbol::name))));
        }
        return found;
    }

    private Optional<PlannedFunction> planned(LoadedObject target, Entries entries, Replacement replacement,
            TargetFunction old, LinkAddress replacementAddress, boolean callable) {
        RemoteAddress entry = target.toRemote(old.address());
        CodeBytes code = read(entry.plus(-PreparedDetour.WINDOW_BEFORE),
                PreparedDetour.WINDOW_BEFORE + PreparedDetour.WINDOW_AFTER);
        // A library that has been closed and opened again has its own code; the record is history.
        Optional<FunctionRecord> inForce = registry.flatMap(known -> known.inForce(entry))
                .filter(record -> EntryState.of(this.code.read(record.site(), record.detour().length),
                        record) != EntryState.ORIGINAL);
        return switch (Detour.recognise(code, new CodeAddress(entry.value()))) {
            case Recognition.Untouched untouched ->
                Optional.of(planned(replacement, old, replacementAddress, untouched.detour(), code, Optional.empty()));
            case Recognition.Dormant dormant ->
                Optional.of(planned(replacement, old, replacementAddress, dormant.detour(), code, Optional.empty()));
            case Recognition.Detoured detoured -> {
                PlannedFunction function = planned(replacement, old, replacementAddress, detoured.detour(), code,
                        inForce);
                if (inForce.isEmpty() || !Arrays.equals(inForce.get().detour(), function.expected().toArray())) {
                    List<String> others = OtherPatches.libraries(image);
                    refusals.add(inForce.isEmpty() && !others.isEmpty()
                            ? new Refusal.OtherDetour(
                                    replacement.function(), others)
                            : new Refusal.UnexpectedBytes(replacement.function(), function.expected().toString(),
                                    inForce.map(f -> HexFormat.of().formatHex(f.detour())).orElse("no detour")));
                    yield Optional.empty();
                }
                yield Optional.of(function);
            }
            case Recognition.NotPrepared notPrepared ->
                entries.plan(replacement, old, replacementAddress, callable, inForce, earlier.room(entry), this::read);
        };
    }

    private static PlannedFunction planned(Replacement replacement, TargetFunction old, LinkAddress replacementAddress,
            PreparedDetour detour, CodeBytes code, Optional<FunctionRecord> inForce) {
        int length = (int) detour.flipSlot().plus(PreparedDetour.FLIP).minus(detour.padding());
        byte[] now = code.slice(detour.padding(), length).toByteArray();
        byte[] original = inForce.map(FunctionRecord::original).orElse(now);
        return new PlannedFunction(replacement.function(), new RemoteAddress(detour.entry().value()), old.size(),
                replacement.replacement(), replacementAddress, new RemoteAddress(detour.padding().value()),
                ByteString.of(now), ByteString.of(original), detour.endbr64(), true);
    }

    /** Whether no newer patch replaces one of its functions, but those that are to come on top of it anyway. */
    private boolean isNewest(Registry.StoredRecord record) {
        return record.patch().functions().stream().map(FunctionRecord::entry).allMatch(entry -> registry.stream()
                .flatMap(known -> known.active().reversed().stream())
                .filter(other -> other.patch().functions().stream()
                        .anyMatch(function -> function.entry().equals(entry)))
                .takeWhile(other -> !other.equals(record))
                .allMatch(other -> later.contains(other.patch().id())));
    }

    private boolean isInForce(Registry.StoredRecord record) {
        Registry known = registry.orElseThrow();
        return record.patch().functions().stream().allMatch(function -> {
            Optional<FunctionRecord> newest = known.inForce(function.entry());
            try {
                return EntryState.of(code.read(function.site(), function.detour().length), newest.orElse(
                        function)) == (newest.isPresent() ? EntryState.DETOUR : EntryState.ORIGINAL);
            } catch (SystemCallException unmapped) {
                // The library has been unloaded since.
                return false;
            }
        });
    }

    private CodeBytes read(RemoteAddress address, int length) {
        return CodeBytes.at(new CodeAddress(address.value()), code.read(address, length));
    }
}
