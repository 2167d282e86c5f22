package dev.pulpo.engine.diff;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.PackReport;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.check.PatchChecks;
import dev.pulpo.engine.check.PlanChecks;
import dev.pulpo.engine.check.ReplacedFunction;
import dev.pulpo.engine.container.Container;
import dev.pulpo.engine.container.FunctionPair;
import dev.pulpo.engine.container.Metadata;
import dev.pulpo.engine.pack.Analysis;
import dev.pulpo.engine.pack.Graft;
import dev.pulpo.engine.pack.SourceObject;
import dev.pulpo.engine.plan.FileEntries;
import dev.pulpo.engine.registry.Callback;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The difference between two builds as a patch: what makes processes that run the old one do what the new one does. The old
 * build's data stays the only one.
 */
public final class BuildPatch {
    private static final int SHOWN = 5;

    private final CodeFacts old;
    private final CodeFacts replacement;
    private final Path oldFile;
    private final Set<Check> allowed;
    private final Comparison comparison;
    private final Choice choice;
    private final ExtractionPlan carving;
    private final Optional<Graft> graft;
    private final List<ReplacedFunction> written;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<ElfSymbol, ElfSymbol> replaced;
    private final ObjectLifetimes lifetimes;

    /**
     * Finds out what the patch consists of; writes nothing.
     *
     * @param oldFile the file of the old build, whose name the patch is for where it has no {@code DT_SONAME}
     * @param allowed findings that are no reason to refuse
     */
    public BuildPatch(CodeFacts old, Path oldFile, CodeFacts replacement, Set<Check> allowed,
            BuildDiff.Selection selection) {
        this(old, oldFile, replacement, allowed, selection, Optional.empty());
    }

    /** As the other one, with added sources, whose object stays open as long as this is in use. */
    public BuildPatch(CodeFacts old, Path oldFile, CodeFacts replacement, Set<Check> allowed,
            BuildDiff.Selection selection, SourceObject added) {
        this(old, oldFile, replacement, allowed, selection, Optional.of(added));
    }

    private BuildPatch(CodeFacts old, Path oldFile, CodeFacts replacement, Set<Check> allowed,
            BuildDiff.Selection selection, Optional<SourceObject> added) {
        this.old = old;
        this.replacement = replacement;
        this.oldFile = oldFile;
        this.allowed = allowed;
        comparison = new Comparison(old, replacement);
        graft = added.map(object -> new Graft(object.facts().elf(), Analysis.joining(object.patch(oldFile), old,
                object.facts(), name -> comparison.added(name).isPresent())));
        written = graft.map(Graft::analysis).map(Analysis::replaced).orElse(List.of());
        List<FunctionShape> successors = written.stream()
                .flatMap(each -> comparison.matcher().successor(each.address().value()).stream()).toList();
        choice = new Choice(comparison, selection,
                successors.stream().map(FunctionShape::start).collect(Collectors.toSet()));
        carving = new ExtractionPlan(comparison, choice.functions(), provided());
        replaced = carving.replaced();
        // Whoever writes a function looks at what it releases.
        lifetimes = new ObjectLifetimes(comparison, replaced.keySet(), Stream.concat(selection.releasesOld().stream(),
                written.stream().map(ReplacedFunction::function)).toList());
        findings.addAll(lifetimes.findings());
        check();
        added.ifPresent(object -> checkAdded(object.facts(), successors));
    }

    /** What added sources use and only the new build has. */
    private List<ElfSymbol> provided() {
        return graft.map(Graft::analysis).map(Analysis::provided).orElse(Set.of()).stream()
                .map(name -> comparison.added(name).orElseThrow()).toList();
    }

    /**
     * Added code has to fit the old build, and what is taken from the new one as well: that calls it, and has copies of what
     * it replaces.
     */
    private void checkAdded(CodeFacts added, List<FunctionShape> successors) {
        Graft grafted = graft.orElseThrow();
        findings.addAll(grafted.analysis().report().findings());
        findings.addAll(grafted.findings());
        List<ReplacedFunction> here = new ArrayList<>();
        for (FunctionShape is : successors) {
            Long was = comparison.matcher().functions().get(is.start());
            written.stream().filter(each -> was != null && each.address().value() == was)
                    .forEach(each -> here.add(new ReplacedFunction(is.function().name(), is.function().address(),
                            each.replacement(), each.replacementAddress())));
        }
        Set<String> names = written.stream().map(ReplacedFunction::function).collect(Collectors.toSet());
        carving.carried().values().stream()
                .filter(function -> successors.stream().anyMatch(is -> is.start() == function.value())
                        || names.contains(function.name()) && comparison.matcher().of(function).isEmpty())
                .forEach(function -> add(Check.REFERENCE, "what is taken from the new build leads into its own "
                        + function.name() + ", and would not come to that of the added source"));
        Set<String> known = findings.stream().map(Finding::message).collect(Collectors.toSet());
        PatchChecks.run(replacement, added, here).stream().filter(finding -> !known.contains(finding.message()))
                .forEach(finding -> findings.add(new Finding(finding.check(), "added to the new build, "
                        + finding.message(), finding.places(), finding.remedies())));
    }

    private void check() {
        if (old.elf().buildId().isEmpty()) {
            add(Check.BUILD_ID,
                    old.elf().name() + " has no build-id, so processes that run it cannot be told from others");
        }
        if (!replacement.elf().header().type().equals(ObjectType.DYNAMIC)) {
            add(Check.REFERENCE, replacement.elf().name() + " works at fixed addresses only: link it with -pie");
        }
        if (replaced.isEmpty() && written.isEmpty()) {
            add(Check.UNKNOWN, comparison.changed().isEmpty()
                    ? "no function of " + old.elf().name() + " has changed"
                    : "none of the functions that have changed was chosen");
        }
        choice.unknown().forEach(message -> add(Check.UNKNOWN, message));
        if (!comparison.uncompared().isEmpty()) {
            add(Check.UNCOMPARED, "could not be compared: " + String.join("; ",
                    comparison.uncompared().subList(0, Math.min(SHOWN, comparison.uncompared().size())))
                    + (comparison.uncompared().size() > SHOWN
                            ? "; and " + (comparison.uncompared().size() - SHOWN) + " more"
                            : ""));
        }
        entries();
        findings.addAll(carving.findings());
        findings.addAll(PatchChecks.ofBuilds(old, replacement, functions()));
        if (!old.isDescribed() || !replacement.isDescribed()) {
            LayoutEvidence.of(comparison).ifPresent(findings::add);
        }
    }

    /** Whether each function can be replaced is asked now, and not when a process has to be changed. */
    private void entries() {
        SymbolTable symbols = CodeNames.tableOf(old).orElse(old.elf().symbols());
        FileEntries.refusals(old.elf(), symbols,
                Stream.concat(replaced.values().stream(), written.stream().flatMap(each -> comparison.old()
                        .containing(each.address().value()).stream())).map(was -> new FileEntries.Function(was.name(),
                                was.address(), was.size()))
                        .toList())
                .forEach(refusal -> findings.add(new Finding(Check.ENTRY,
                        refusal.message(), List.of(), List.of(Remedy.Action.LEAVE_OUT))));
    }

    private void add(Check check, String message) {
        findings.add(new Finding(check, message, List.of()));
    }

    private List<ReplacedFunction> functions() {
        return replaced.entrySet().stream().map(pair -> new ReplacedFunction(pair.getValue().name(),
                pair.getValue().address(), pair.getKey().name(), pair.getKey().address())).toList();
    }

    /** What differs between the builds, whether the patch has it or not. */
    public BuildDiff diff() {
        return CodeDiff.of(comparison);
    }

    /** What stays as it is although it differs, and why. */
    public List<String> leftOut() {
        return Stream.concat(choice.leftOut().stream(), carving.words().leftOut().stream()).toList();
    }

    /** What was found; before {@link #write}, without references. */
    public PackReport report() {
        List<String> notes = new ArrayList<>();
        carving.carried().values().stream().filter(function -> !replaced.containsKey(function))
                .forEach(function -> notes.add("takes " + function.name() + " along"));
        notes.addAll(leftOut());
        notes.addAll(choice.notes());
        notes.addAll(lifetimes.notes());
        graft.ifPresent(added -> notes.addAll(added.analysis().report().notes()));
        carving.words().kept().values()
                .forEach(variable -> notes.add("takes the variable " + variable.name() + " along"));
        return new PackReport(replacement.elf().name(), old.elf().name(),
                replaced.values().stream().map(function -> new PackReport.Function(function.name(), function.address(),
                        old.functionEnteredAt(function.address()).flatMap(FunctionInfo::declaration))).toList(),
                references(), findings.stream().filter(finding -> !allowed.contains(finding.check())).toList(),
                Stream.concat(findings.stream().filter(finding -> allowed.contains(finding.check())),
                        lifetimes.answeredFor().stream()).toList(),
                Stream.concat(PatchChecks.unchecked(old, replacement).stream(), graft.stream()
                        .flatMap(added -> added.analysis().report().unchecked().stream())).distinct().toList(),
                notes);
    }

    /** What added sources use of the old build's own, but for the functions that they replace. */
    private List<PackReport.Reference> references() {
        Set<LinkAddress> own = written.stream().map(ReplacedFunction::address).collect(Collectors.toSet());
        return graft.stream().flatMap(added -> added.analysis().report().references().stream())
                .filter(each -> !own.contains(new LinkAddress(each.value())))
                .map(each -> new PackReport.Reference(each.symbol(),
                        each.place().plus(PatchObjectBuilder.graftedAt(replacement.elf())), each.value(),
                        each.threadLocal(), each.declaration()))
                .toList();
    }

    /** What added sources do. */
    public BuildDiff.Added added() {
        return graft.map(added -> new BuildDiff.Added(added.analysis().report().functions(),
                Arrays.stream(Callback.values()).map(Callback::symbol).filter(added.exports()::contains).toList()))
                .orElse(BuildDiff.Added.NOTHING);
    }

    /**
     * Writes the container.
     *
     * @throws IOException where that fails; an existing file is as it was then
     */
    public void write(Path output) throws IOException {
        PatchObjectBuilder carrier = new PatchObjectBuilder(comparison, carving, graft);
        ElfFile made = ElfFile.of(ByteSource.of(carrier.toBytes()), RawText.of(output));
        BuildId build = old.elf().buildId().orElseThrow();
        Map<ElfSymbol, String> names = carrier.names();
        Set<String> seen = new HashSet<>();
        List<FunctionPair> pairs = new ArrayList<>();
        written.forEach(each -> {
            seen.add(each.function());
            pairs.add(new FunctionPair(each.function(), each.replacement(), each.address()));
        });
        replaced.forEach((is, was) -> pairs.add(new FunctionPair(seen.add(was.name())
                ? was.name()
                : was.name() + "@" + new LinkAddress(was.value()), Optional.ofNullable(names.get(is)).orElseThrow(),
                was.address())));
        String target = old.elf().dynamic().soname().orElse(RawText.of(oldFile.getFileName()));
        byte[] digest = made.buildId().orElseThrow().bytes();
        byte[] id = new byte[PatchId.BYTES];
        System.arraycopy(digest, 0, id, 0, PatchId.BYTES / 2);
        System.arraycopy(build.bytes(), 0, id, PatchId.BYTES / 2, Math.min(build.bytes().length, PatchId.BYTES / 2));
        new Container(new Metadata(new PatchId(id), build, target, pairs, List.of(), carrier.references()), "")
                .embed(made)
                .put(PlanChecks.CHECKED,
                        RawText.encode("made of " + replacement.elf().name()
                                + graft.map(added -> " and " + added.object().name()).orElse("")
                                + " and checked against " + build + "\n"))
                .write(output);
    }
}
