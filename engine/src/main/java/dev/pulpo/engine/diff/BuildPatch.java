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
import dev.pulpo.engine.plan.FileEntries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        this.old = old;
        this.replacement = replacement;
        this.oldFile = oldFile;
        this.allowed = allowed;
        comparison = new Comparison(old, replacement);
        choice = new Choice(comparison, selection);
        carving = new ExtractionPlan(comparison, choice.functions());
        replaced = carving.replaced();
        lifetimes = new ObjectLifetimes(comparison, replaced.keySet(), selection.releasesOld());
        findings.addAll(lifetimes.findings());
        check();
    }

    private void check() {
        if (old.elf().buildId().isEmpty()) {
            add(Check.BUILD_ID,
                    old.elf().name() + " has no build-id, so processes that run it cannot be told from others");
        }
        if (!replacement.elf().header().type().equals(ObjectType.DYNAMIC)) {
            add(Check.REFERENCE, replacement.elf().name() + " works at fixed addresses only: link it with -pie");
        }
        if (replaced.isEmpty()) {
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
                replaced.values().stream().map(was -> new FileEntries.Function(was.name(),
                        was.address(), was.size())).toList())
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
        carving.words().kept().values()
                .forEach(variable -> notes.add("takes the variable " + variable.name() + " along"));
        return new PackReport(replacement.elf().name(), old.elf().name(),
                replaced.values().stream().map(function -> new PackReport.Function(function.name(), function.address(),
                        old.functionEnteredAt(function.address()).flatMap(FunctionInfo::declaration))).toList(),
                List.of(), findings.stream().filter(finding -> !allowed.contains(finding.check())).toList(),
                Stream.concat(findings.stream().filter(finding -> allowed.contains(finding.check())),
                        lifetimes.answeredFor().stream()).toList(),
                PatchChecks.unchecked(old, replacement), notes);
    }

    /**
     * Writes the container.
     *
     * @throws IOException where that fails; an existing file is as it was then
     */
    public void write(Path output) throws IOException {
        PatchObjectBuilder carrier = new PatchObjectBuilder(comparison.replacement(), carving);
        ElfFile made = ElfFile.of(ByteSource.of(carrier.toBytes()), RawText.of(output));
        BuildId build = old.elf().buildId().orElseThrow();
        Map<ElfSymbol, String> names = carrier.names();
        Set<String> seen = new HashSet<>();
        List<FunctionPair> pairs = new ArrayList<>();
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
                        RawText.encode("made of " + replacement.elf().name() + " and checked against " + build
                                + "\n"))
                .write(output);
    }
}
