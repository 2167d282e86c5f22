package dev.pulpo.engine.check;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.FunctionPart;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Coverage;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The checks of a plan for a process. They are part of planning: when a plan is applied they are over. */
public final class PlanChecks {
    /** A section that is not loaded, of containers that were checked when they were packed for the very same build. */
    public static final String CHECKED = ".pulpo.checked";

    private static final int KEPT = 32;

    /** What findings depend on; files are compared by identity. */
    private record Checked(ElfFile target, ElfFile patch, List<ReplacedFunction> functions) {}

    private static final Map<Checked, List<Finding>> KNOWN = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Checked, List<Finding>> eldest) {
            return size() > KEPT;
        }
    };

    private final ProcessImage image;
    private final LoadedObject target;
    private final CodeFacts facts;

    /** @param info about the target */
    public PlanChecks(ProcessImage image, LoadedObject target, DebugInfo info) {
        this.image = image;
        this.target = target;
        this.facts = new CodeFacts(target.elf(), info);
    }

    /**
     * The plan with what the checks have found among its refusals.
     *
     * @param allowed findings that are no reason to refuse
     * @throws IOException where the patch cannot be read
     */
    public PatchPlan check(PatchPlan plan, Set<Check> allowed) throws IOException {
        ElfFile elf = plan.patch().elf();
        if (elf.section(CHECKED).isPresent()) {
            return plan;
        }
        try {
            List<Refusal> refusals = new ArrayList<>(plan.refusals());
            findings(plan, elf).stream()
                    .filter(finding -> !allowed.contains(finding.check()))
                    .map(Refusal.Unsafe::new).forEach(refusals::add);
            return plan.with(refusals);
        } catch (MalformedElfException damaged) {
            List<Refusal> refusals = new ArrayList<>(plan.refusals());
            if (!allowed.contains(Check.LAYOUT)) {
                refusals.add(new Refusal.Unsafe(new Finding(Check.LAYOUT,
                        "debug information is damaged, so nothing can be checked: " + damaged.getMessage(),
                        List.of())));
            }
            return plan.with(refusals);
        }
    }

    /** Files do not change while they are open, so what was found once holds for the next process, too. */
    private List<Finding> findings(PatchPlan plan, ElfFile elf) throws IOException {
        Checked key = new Checked(target.elf(), elf, replaced(plan));
        synchronized (KNOWN) {
            List<Finding> known = KNOWN.get(key);
            if (known != null) {
                return known;
            }
        }
        try (DebugInfo info = DebugInfo.open(elf, plan.patch().file().toString(), DebugFiles.ofThisProcess())) {
            List<Finding> findings = List.copyOf(PatchChecks.run(facts, new CodeFacts(elf, info), key.functions));
            synchronized (KNOWN) {
                KNOWN.put(key, findings);
            }
            return findings;
        }
    }

    private List<ReplacedFunction> replaced(PatchPlan plan) {
        return plan.functions().stream().map(function -> new ReplacedFunction(function.function(),
                target.toLink(function.entry()), function.replacement(), function.replacementLink())).toList();
    }

    /** What the functions of a plan change and miss. */
    public List<Coverage> coverage(PatchPlan plan) {
        return plan.functions().stream().map(this::coverage).toList();
    }

    private Coverage coverage(PlannedFunction planned) {
        LinkAddress entry = target.toLink(planned.entry());
        List<String> entered = Stream.of(target.elf().dynamicSymbols(), target.elf().symbols())
                .flatMap(table -> table.stream().filter(symbol -> symbol.isDefined() && symbol.type().isFunction()
                        && symbol.value() == entry.value()))
                .map(ElfSymbol::name).distinct().sorted().toList();
        List<String> elsewhere = image.objects().stream().filter(object -> !object.path().equals(target.path()))
                .filter(object -> object.exported(planned.function()).isPresent()).map(LoadedObject::path).distinct()
                .toList();
        Optional<FunctionInfo> known = facts.functionEnteredAt(entry);
        List<Coverage.InlinedAt> inlined = known.stream().flatMap(function -> CopyCheck.copies(facts, function))
                .map(copy -> new Coverage.InlinedAt(copy.into(), copy.callSite().orElse(new SourceLine("?", 0))))
                .distinct().toList();
        List<String> clones = known.stream().flatMap(function -> facts.info().parts(function).stream())
                .filter(part -> part.kind() == FunctionPart.Kind.CLONE || part.kind() == FunctionPart.Kind.PART)
                .flatMap(part -> part.symbols().stream()).distinct().toList();
        List<String> tailCallers = known.stream().flatMap(function -> function.tailCallers().stream())
                .map(FunctionInfo.TailCaller::from).distinct().toList();
        return new Coverage(planned.function(), entered.isEmpty() ? List.of(planned.function()) : entered, inlined,
                clones,
                tailCallers, elsewhere, known.isPresent());
    }
}
