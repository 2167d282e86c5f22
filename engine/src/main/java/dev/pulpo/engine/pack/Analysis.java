package dev.pulpo.engine.pack;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfHeader;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.PackReport;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PlainPatch;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.check.ConstructorCheck;
import dev.pulpo.engine.check.PatchChecks;
import dev.pulpo.engine.check.PlanChecks;
import dev.pulpo.engine.check.ReplacedFunction;
import dev.pulpo.engine.check.SignatureCheck;
import dev.pulpo.engine.check.UndefinedSymbols;
import dev.pulpo.engine.container.Container;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.container.FunctionPair;
import dev.pulpo.engine.container.Metadata;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.engine.registry.Callback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** One look at a patch and its target: what is paired, what is referred to, what stands against it. Changes nothing. */
public final class Analysis {
    private final PlainPatch wanted;
    private final CodeFacts target;
    private final CodeFacts patch;
    private final TargetSymbols symbols;
    /** Of a patch that joins another one: the names that the other one defines, and the target does not. */
    private final Optional<Predicate<String>> joined;
    private final Set<String> provided = new LinkedHashSet<>();
    private final List<ReplacedFunction> replaced = new ArrayList<>();
    private final List<String> unpaired = new ArrayList<>();
    private final List<PackReport.Function> functions = new ArrayList<>();
    private final List<PackReport.Reference> references = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private Analysis(PlainPatch wanted, CodeFacts target, CodeFacts patch, Optional<Predicate<String>> joined) {
        this.wanted = wanted;
        this.joined = joined;
        this.target = target;
        this.patch = patch;
        this.symbols = new TargetSymbols(target);
    }

    /** Looks at them. */
    public static Analysis of(PlainPatch wanted, CodeFacts target, CodeFacts patch) {
        Analysis analysis = new Analysis(wanted, target, patch, Optional.empty());
        analysis.run();
        return analysis;
    }

    /**
     * Looks at a patch that becomes part of another one for the same target. It need not replace a function; every function
     * that it exports has to.
     *
     * @param defined whether the other one defines a name that the target does not have
     */
    public static Analysis joining(PlainPatch wanted, CodeFacts target, CodeFacts patch, Predicate<String> defined) {
        Analysis analysis = new Analysis(wanted, target, patch, Optional.of(defined));
        analysis.run();
        return analysis;
    }

    private void run() {
        for (CodeFacts each : List.of(target, patch)) {
            if (each.elf().header().machine() != ElfHeader.X86_64) {
                add(Check.UNKNOWN, each.elf().name() + " is for another machine than x86-64");
            }
            if (each.elf().buildId().isEmpty()) {
                add(Check.BUILD_ID,
                        each.elf().name() + " has no build-id, so it cannot be told from other builds: link it"
                                + " with -Wl,--build-id");
            }
        }
        patch.elf().dynamicSymbols().stream()
                .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC
                        && symbol.binding() != SymbolBinding.LOCAL && !isStartUp(symbol.name()))
                .forEach(this::pair);
        if (joined.isEmpty() && functions.isEmpty() && findings.isEmpty()) {
            add(Check.UNKNOWN,
                    patch.elf().name() + " exports no function that " + target.elf().name() + " has: a function"
                            + " is replaced by one of the same name that is not static");
        }
        refer();
        findUndefined();
        findings.addAll(ConstructorCheck.run(patch.elf(), writtenLate()));
        noteStatics();
        findings.addAll(PatchChecks.ofUnpaired(target, unpaired, replaced));
        findings.addAll(PatchChecks.run(target, patch, replaced));
    }

    /** What the target imports itself its processes have, whoever defines it. */
    private void findUndefined() {
        Set<String> met = references.stream().map(PackReport.Reference::symbol).collect(Collectors.toSet());
        Predicate<String> isMet = name -> met.contains(name) || provided.contains(name)
                || !symbols.meanings(name).isEmpty()
                || target.elf().dynamicSymbols().find(name).isPresent();
        if (UndefinedSymbols.of(patch.elf(), isMet).isEmpty()) {
            return;
        }
        LinkedLibraries libraries = LinkedLibraries.of(List.of(
                new LinkedLibraries.Linked(target.elf(), wanted.target()),
                new LinkedLibraries.Linked(patch.elf(), wanted.patch())));
        List<String> undefined = UndefinedSymbols.of(patch.elf(), isMet.or(libraries::define));
        if (undefined.isEmpty() || libraries.missing().isEmpty()) {
            UndefinedSymbols.finding(undefined, target.elf().name() + " and what it is linked with defines",
                    target.elf()).ifPresent(findings::add);
        } else {
            notes.add("needs " + String.join(", ", undefined) + ", and whether it is defined was not checked: "
                    + String.join(", ", libraries.missing()) + " was not found");
        }
    }

    /** What is written when the patch has been loaded. */
    private List<ConstructorCheck.Place> writtenLate() {
        List<ConstructorCheck.Place> places = new ArrayList<>(Originals.places(patch.elf()));
        references.forEach(each -> places.add(new ConstructorCheck.Place(each.symbol(), each.place(),
                each.threadLocal() ? 2 * Long.BYTES : Long.BYTES)));
        return places;
    }

    /** Weak symbols of the start-up files, which every shared object refers to and few programs define. */
    private static final Set<String> LINKED_WITH_ALL = Set.of("__gmon_start__", "_ITM_registerTMCloneTable",
            "_ITM_deregisterTMCloneTable");

    /** Every shared object has these. */
    private static boolean isStartUp(String name) {
        return name.equals("_init") || name.equals("_fini");
    }

    private void add(Check check, String message) {
        findings.add(new Finding(check, message, List.of()));
    }

    private void pair(ElfSymbol replacement) {
        List<TargetSymbols.Meaning> meanings = symbols.meanings(replacement.name()).stream()
                .filter(meaning -> meaning.kind() == TargetSymbols.Kind.FUNCTION).toList();
        // C++ gives a patch weak functions, too, of what its headers define: nobody means to replace anything by them.
        if (meanings.isEmpty() && replacement.binding() != SymbolBinding.WEAK) {
            joined.ifPresentOrElse(defined -> findReplaced(replacement, defined),
                    () -> unpaired.add(replacement.name()));
        }
        if (meanings.size() > 1 && !wanted.choices().containsKey(replacement.name())) {
            Optional<String> signature = patch.functionEnteredAt(replacement.address()).map(FunctionInfo::signature);
            List<TargetSymbols.Meaning> same = meanings.stream()
                    .filter(meaning -> signature.isPresent() && meaning.signature().isPresent()
                            && SignatureCheck.canonical(patch.info(), signature.get())
                                    .equals(SignatureCheck.canonical(target.info(), meaning.signature().get())))
                    .toList();
            meanings = same.isEmpty() ? meanings : same;
        }
        choose(replacement.name(), meanings).ifPresent(meaning -> {
            LinkAddress address = new LinkAddress(meaning.value());
            replaced.add(new ReplacedFunction(replacement.name(), address, replacement.name(), replacement.address()));
            functions.add(new PackReport.Function(replacement.name(), address, meaning.declaration()));
        });
    }

    /** Callbacks replace nothing. */
    private void findReplaced(ElfSymbol replacement, Predicate<String> defined) {
        String name = replacement.name();
        if (Arrays.stream(Callback.values()).anyMatch(each -> each.symbol().equals(name))) {
            return;
        }
        if (defined.test(name)) {
            findings.add(new Finding(Check.UNKNOWN, name + " of " + patch.elf().name() + " replaces nothing: "
                    + target.elf().name() + " has no such function, only the new build has", List.of(),
                    List.of(new Remedy.Elsewhere("write the functions that call it as source, too"))));
            return;
        }
        List<String> nearest = NearestNames.to(name, symbols.functions());
        findings.add(new Finding(Check.UNKNOWN, name + " of " + patch.elf().name() + " replaces nothing: "
                + target.elf().name() + " has no function of that name" + (symbols.areExportsOnly()
                        ? " among those that it exports, and nothing tells the names of the others"
                        : "")
                + (nearest.isEmpty() ? "" : ", did you mean " + String.join(", ", nearest) + "?"), List.of(),
                List.of(new Remedy.Elsewhere("make a function that is to replace none static, or hidden"))));
    }

    /** The meaning of a name that the user has chosen, or the only one. */
    private Optional<TargetSymbols.Meaning> choose(String name, List<TargetSymbols.Meaning> meanings) {
        String file = wanted.choices().get(name);
        List<TargetSymbols.Meaning> left = file == null
                ? meanings
                : meanings.stream().filter(meaning -> meaning.declaration()
                        .filter(place -> place.file().equals(file) || place.file().endsWith("/" + file)).isPresent())
                        .toList();
        if (left.size() > 1) {
            findings.add(new Finding(Check.AMBIGUOUS, target.elf().name() + " has " + left.size() + " symbols " + name
                    + ": " + left.stream().map(TargetSymbols.Meaning::describe).collect(Collectors.joining("; ")),
                    left.stream().flatMap(meaning -> meaning.declaration().stream()).toList(),
                    List.of(new Remedy.ChooseSymbol(name))));
            return Optional.empty();
        }
        if (left.isEmpty() && file != null) {
            add(Check.UNKNOWN, "no symbol " + name + " of " + target.elf().name() + " is declared in " + file);
        }
        return left.stream().findFirst();
    }

    private void refer() {
        Slots slots = new Slots(patch.elf());
        SymbolTable table = patch.elf().dynamicSymbols();
        for (int i = 1; i < table.size(); i++) {
            ElfSymbol symbol = table.get(i);
            Slots.Found found = slots.of(i);
            // One with a version was found by the linker, in a library.
            if (!symbol.isDefined() && symbol.version().isEmpty() && !symbols.isExported(symbol.name())
                    && !LINKED_WITH_ALL.contains(symbol.name())) {
                List<TargetSymbols.Meaning> meanings = symbols.meanings(symbol.name());
                if (meanings.isEmpty() && joined.filter(other -> other.test(symbol.name())).isPresent()) {
                    provide(symbol.name(), found);
                }
                choose(symbol.name(), meanings).ifPresent(meaning -> refer(meaning, found));
            } else if (joined.isPresent() && symbol.isDefined()) {
                shared(symbol).ifPresent(meaning -> refer(meaning, found));
            }
        }
        noteUnlinked();
    }

    private void provide(String name, Slots.Found found) {
        provided.add(name);
        if (found.obstacle().isPresent() || found.slots().stream().anyMatch(Slots.Slot::isThreadLocal)) {
            add(Check.REFERENCE, "the patch refers to " + name + " of the new build "
                    + found.obstacle().orElse("as to a thread-local variable"));
        }
    }

    /**
     * What the loader may find elsewhere by the name of something that the patch defines, were that a patch of its own: of a
     * function that is replaced the one that there is, and of variables that C++ compilers make in each unit the target's.
     */
    private Optional<TargetSymbols.Meaning> shared(ElfSymbol symbol) {
        Optional<ReplacedFunction> pair = replaced.stream()
                .filter(each -> each.replacement().equals(symbol.name())).findFirst();
        if (pair.isPresent()) {
            return Optional.of(new TargetSymbols.Meaning(symbol.name(), TargetSymbols.Kind.FUNCTION,
                    pair.get().address().value(), Optional.empty(), Optional.empty()));
        }
        List<TargetSymbols.Meaning> variables = symbol.type() == SymbolType.OBJECT
                ? symbols.meanings(symbol.name()).stream()
                        .filter(meaning -> meaning.kind() == TargetSymbols.Kind.VARIABLE).toList()
                : List.of();
        if (!variables.isEmpty() && symbol.binding() != SymbolBinding.WEAK) {
            findings.add(new Finding(Check.DUPLICATED,
                    patch.elf().name() + " has a second copy of the target's " + symbol.name()
                            + ": declare it extern, or make it static if it is another variable",
                    variables.stream().flatMap(meaning -> meaning.declaration().stream()).toList()));
        }
        return variables.size() == 1 && symbol.binding() == SymbolBinding.WEAK
                ? Optional.of(variables.getFirst())
                : Optional.empty();
    }

    /** What the target exports is found by the dynamic loader, unless it is to keep the target from others. */
    private void noteUnlinked() {
        Optional<String> name = target.elf().dynamic().soname();
        if (target.elf().interpreter().isPresent()
                || name.filter(patch.elf().dynamic().needed()::contains).isPresent()) {
            return;
        }
        List<String> used = patch.elf().dynamicSymbols().stream().filter(symbol -> !symbol.isDefined()
                && symbol.binding() == SymbolBinding.GLOBAL && symbols.isExported(symbol.name()))
                .map(ElfSymbol::name).distinct().sorted().toList();
        if (!used.isEmpty()) {
            notes.add("uses what " + target.elf().name() + " exports (" + String.join(", ", used)
                    + ") without being linked"
                    + " with it: a program that has opened it with RTLD_LOCAL cannot load the patch; then link the patch"
                    + " with the library" + (name.isEmpty() ? ", which needs a name (-Wl,-soname) for that" : ""));
        }
    }

    private void refer(TargetSymbols.Meaning meaning, Slots.Found found) {
        if (found.obstacle().isPresent()) {
            add(Check.REFERENCE, "the patch refers to the target's private " + meaning.name() + " "
                    + found.obstacle().get());
        }
        boolean threadLocal = meaning.kind() == TargetSymbols.Kind.THREAD_LOCAL;
        for (Slots.Slot slot : found.slots()) {
            if (slot.isThreadLocal() != threadLocal) {
                add(Check.REFERENCE,
                        meaning.name() + " is " + (threadLocal ? "" : "not ") + "thread-local in the target, and "
                                + (threadLocal ? "not " : "") + "in the patch");
                return;
            }
            if (slot.kind() == Slots.Kind.DESCRIPTOR) {
                String note = "uses TLS descriptors for private variables, which libpulp cannot fill: only Pulpo may apply it"
                        + " (compile it with -mtls-dialect=gnu for both)";
                if (!notes.contains(note)) {
                    notes.add(note);
                }
            }
            references.add(new PackReport.Reference(meaning.name(), new LinkAddress(slot.place()),
                    meaning.value() + slot.addend(), threadLocal, meaning.declaration()));
        }
    }

    private void noteStatics() {
        Set<String> paired = functions.stream().map(PackReport.Function::name).collect(Collectors.toSet());
        patch.elf().symbols().stream()
                .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.FUNC
                        && symbol.binding() == SymbolBinding.LOCAL && !isStartUp(symbol.name())
                        && !COMPILERS.contains(symbol.name()) && !paired.contains(symbol.name()))
                .filter(symbol -> symbols.meanings(symbol.name()).stream()
                        .anyMatch(meaning -> meaning.kind() == TargetSymbols.Kind.FUNCTION))
                .forEach(symbol -> notes.add("the static function " + symbol.name()
                        + " of the patch does not replace the target's: a function that is to do so must not be static"));
    }

    /** Functions of the C library's start-up code, which is in every object. */
    private static final Set<String> COMPILERS = Set.of("deregister_tm_clones", "register_tm_clones", "frame_dummy",
            "__do_global_dtors_aux", "call_weak_fn");

    /** What it replaces. */
    public List<ReplacedFunction> replaced() {
        return List.copyOf(replaced);
    }

    /** Of a patch that joins another one: the names of that which it uses. */
    public Set<String> provided() {
        return provided;
    }

    /** What was found. */
    public PackReport report() {
        return new PackReport(patch.elf().name(), target.elf().name(), functions, references,
                findings.stream().filter(finding -> !wanted.allowed().contains(finding.check())).toList(),
                findings.stream().filter(finding -> wanted.allowed().contains(finding.check())).toList(),
                PatchChecks.unchecked(target, patch), notes);
    }

    /**
     * Writes the container.
     *
     * @throws IOException where that fails; an existing file is as it was then
     */
    public void write(Path output) throws IOException {
        Set<String> weak = references.stream().map(PackReport.Reference::symbol).collect(Collectors.toSet());
        new Container(metadata(), "").embed(patch.elf())
                .put(PlanChecks.CHECKED, checked().getBytes(StandardCharsets.UTF_8))
                .weaken(symbol -> weak.contains(symbol.name())).write(output);
    }

    /** For people who wonder what was allowed. */
    private String checked() {
        return "checked against " + target.elf().buildId().orElseThrow() + wanted.allowed().stream()
                .map(check -> " " + check.word() + " allowed").sorted().collect(Collectors.joining(",")) + "\n";
    }

    private Metadata metadata() {
        BuildId build = target.elf().buildId().orElseThrow();
        String name = target.elf().dynamic().soname().orElse(fileName(wanted.target()));
        return new Metadata(id(build), build, name,
                replaced.stream().map(each -> new FunctionPair(each.function(), each.replacement(), each.address()))
                        .toList(),
                List.of(), references.stream().map(each -> new DataReference(each.symbol(), each.symbol(), each.value(),
                        each.place().value(), each.threadLocal())).toList());
    }

    private static String fileName(Path path) {
        return RawText.of(path.getFileName());
    }

    /** The patch's build-id, and a digest of everything that the packing adds to it. */
    private PatchId id(BuildId targetBuild) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        digest.update(targetBuild.bytes());
        digest.update(RawText.encode(functions + "\n" + references));
        byte[] build = patch.elf().buildId().orElseThrow().bytes();
        ByteBuffer id = ByteBuffer.allocate(PatchId.BYTES);
        id.put(build, 0, Math.min(build.length, PatchId.BYTES / 2));
        return new PatchId(id.put(PatchId.BYTES / 2, digest.digest(), 0, PatchId.BYTES / 2).array());
    }
}
