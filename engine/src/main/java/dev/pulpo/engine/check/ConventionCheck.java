package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.check.Callers.Caller;
import dev.pulpo.x86.FrameFlow;
import dev.pulpo.x86.FunctionFlow;
import dev.pulpo.x86.RegisterSet;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether calls of a function keep to the calling convention. A compiler that sees a function and all its callers may agree
 * otherwise: GCC's {@code -fipa-ra} keeps values in registers that the function happens not to use, and its
 * {@code -fipa-stack-alignment} calls functions that do not mind with a stack that is not aligned. The replacement is compiled
 * by the ABI, and would destroy those values.
 *
 * <p>What is found is in the code: the old function, with all that it calls, leaves a register alone; the new one does not;
 * and an instruction after a call reads it. What the compiler may have concluded beyond that is not visible.
 */
final class ConventionCheck {
    private static final int SHOWN = 4;
    private static final int FURTHEST = 64;
    private static final String CLANG = "clang";

    private final CodeFacts target;
    private final CodeFacts patch;
    private final List<ReplacedFunction> functions;
    private final Set<Long> replaced;
    private final Routines old;
    private final Routines replacement;
    private final Callers callers;
    private final ArgumentCheck arguments;

    /** What a caller relies on. */
    private record Reliance(Caller caller, RegisterSet registers, OptionalLong reader) {}

    ConventionCheck(CodeFacts target, CodeFacts patch, List<ReplacedFunction> functions) {
        this.target = target;
        this.patch = patch;
        this.functions = functions;
        this.replaced = functions.stream().map(each -> each.address().value()).collect(Collectors.toSet());
        this.old = new Routines(target);
        this.replacement = new Routines(patch);
        this.callers = new Callers(old);
        this.arguments = new ArgumentCheck(target, patch, old, replacement, callers);
    }

    List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        callers.prepare(replaced);
        boolean byClang = isByClang(target);
        for (ReplacedFunction each : functions) {
            if (!byClang) {
                registers(each, findings);
            }
            arguments(each, findings);
            alignment(each, findings);
        }
        return findings;
    }

    /** What the new code may change and the old one does not. */
    private RegisterSet atRisk(ReplacedFunction each) {
        // A function may return what it was passed, untouched.
        RegisterSet result = target.functionEnteredAt(each.address()).or(() -> ofReplacement(each))
                .map(old.prototypes()::result).orElse(RegisterSet.RESULT);
        return replacement.clobbered(each.replacementAddress().value()).minus(old.clobbered(each.address().value()))
                .minus(result);
    }

    // Registers

    /** clang allocates registers for each function by itself, unless it is told otherwise (-enable-ipra). */
    private static boolean isByClang(CodeFacts target) {
        return target.isDescribed()
                ? target.info().units().stream().allMatch(unit -> unit.producer().contains(CLANG))
                : target.elf().section(".comment").filter(Section::hasBytes)
                        .map(section -> target.elf().rawData(section))
                        .map(text -> new String(text.bytes(text.remaining()).toArray(ValueLayout.JAVA_BYTE),
                                StandardCharsets.ISO_8859_1))
                        .filter(text -> text.contains(CLANG)).isPresent();
    }

    private void registers(ReplacedFunction each, List<Finding> findings) {
        List<Reliance> found = new ArrayList<>();
        Map<Long, RegisterSet> looked = new HashMap<>();
        Deque<Long> open = new ArrayDeque<>();
        looked.put(each.address().value(), atRisk(each));
        open.add(each.address().value());
        while (!open.isEmpty() && looked.size() < FURTHEST) {
            long entry = open.remove();
            RegisterSet risk = looked.getOrDefault(entry, RegisterSet.NONE);
            if (risk.isEmpty()) {
                continue;
            }
            for (Caller caller : callers.of(entry)) {
                long around = caller.caller().start();
                if (replaced.contains(around)) {
                    continue;
                }
                reliance(caller, risk, entry == each.address().value() ? taken(each) : taken(new LinkAddress(entry)),
                        found);
                // What a caller leaves alone as well, its own callers may rely on.
                RegisterSet further = risk.minus(old.clobbered(around));
                RegisterSet before = looked.getOrDefault(around, RegisterSet.NONE);
                if (!further.minus(before).isEmpty()) {
                    looked.put(around, before.or(further));
                    open.add(around);
                }
            }
        }
        if (!found.isEmpty()) {
            findings.add(relied(each, found));
        }
    }

    /** The registers that callers set for the function itself, as far as is known. */
    private RegisterSet taken(ReplacedFunction each) {
        RegisterSet taken = taken(each.address());
        return arguments.hasParametersOfItsOwn(each.address())
                ? taken
                : taken.or(ofReplacement(each).flatMap(replacement.prototypes()::of).map(Prototypes.Passed::sure)
                        .orElse(RegisterSet.NONE));
    }

    private Optional<FunctionInfo> ofReplacement(ReplacedFunction each) {
        return patch.functionEnteredAt(each.replacementAddress());
    }

    private RegisterSet taken(LinkAddress entry) {
        if (arguments.hasParametersOfItsOwn(entry)) {
            return arguments.described(entry);
        }
        return target.functionEnteredAt(entry).flatMap(old.prototypes()::of).map(Prototypes.Passed::sure)
                .orElse(RegisterSet.NONE);
    }

    private void reliance(Caller caller, RegisterSet risk, RegisterSet taken, List<Reliance> found) {
        FunctionFlow flow = caller.caller();
        if (!flow.isCall(caller.site())) {
            return;
        }
        FunctionFlow.Needs sure = flow.needs(old, FunctionFlow.How.READ);
        RegisterSet relied = sure.afterCall(caller.site()).and(risk);
        RegisterSet unsure = risk.minus(relied).minus(taken);
        if (!unsure.isEmpty()) {
            RegisterSet after = flow.needs(old, FunctionFlow.How.POSSIBLE).afterCall(caller.site());
            RegisterSet meant = RegisterSet.NONE;
            for (RegisterSet register : after.and(unsure).registers()) {
                if (flow.isSetFor(caller.site(), register, old, isParameter(flow, register), true)
                        && isReturned(flow, register)) {
                    meant = meant.or(register);
                }
            }
            relied = relied.or(meant.and(RegisterSet.passableWith(after.minus(meant).minus(relied))).and(after));
        }
        if (!relied.isEmpty()) {
            found.add(new Reliance(caller, relied, sure.reader(caller.site(), relied)));
        }
    }

    /** Whether the function takes a parameter in the register, as far as is known. */
    private boolean isParameter(FunctionFlow flow, RegisterSet register) {
        return taken(new LinkAddress(flow.start())).meets(register);
    }

    /**
     * Whether a register may be meant for whom the function returns to. Results in two registers are too rare to be assumed
     * where the result is not known.
     */
    private boolean isReturned(FunctionFlow flow, RegisterSet register) {
        if (register.meets(RegisterSet.PASSED)) {
            return true;
        }
        Optional<String> result = target.functionEnteredAt(new LinkAddress(flow.start()))
                .map(FunctionInfo::signature)
                .map(signature -> signature.substring(0, Math.max(0, signature.indexOf(" ("))));
        return result.map(type -> !type.equals("void")).orElse(true);
    }

    private Finding relied(ReplacedFunction each, List<Reliance> found) {
        Map<String, RegisterSet> kept = new LinkedHashMap<>();
        found.forEach(reliance -> kept.merge(nameOf(reliance.caller()), reliance.registers(), RegisterSet::or));
        String who = shown(kept.entrySet().stream().map(entry -> entry.getKey() + " in " + entry.getValue()).toList());
        String where = found.getFirst().reader().isPresent()
                ? " (the call at " + new LinkAddress(found.getFirst().caller().site()) + ", read at "
                        + new LinkAddress(found.getFirst().reader().getAsLong()) + ")"
                : " (the call at " + new LinkAddress(found.getFirst().caller().site()) + ")";
        return finding("callers of " + each.function()
                + " keep values in registers that its old code leaves alone, as compilers do that see both: " + who
                + where
                + "; the new code may change them", found.stream().map(Reliance::caller).toList());
    }

    // Arguments

    private void arguments(ReplacedFunction each, List<Finding> findings) {
        List<Caller> found = callers.of(each.address().value()).stream()
                .filter(caller -> !replaced.contains(caller.caller().start())).toList();
        if (!found.isEmpty()) {
            arguments.objection(each, found).ifPresent(
                    objection -> findings
                            .add(finding("what callers of " + each.function() + " pass: " + objection, found)));
        }
    }

    // The stack

    private boolean losesAlignment(ReplacedFunction each) {
        return replacement.summary(each.replacementAddress().value()).needsAlignment()
                && !old.summary(each.address().value()).needsAlignment();
    }

    private void alignment(ReplacedFunction each, List<Finding> findings) {
        if (!losesAlignment(each)) {
            return;
        }
        List<Caller> found = callers.of(each.address().value()).stream()
                .filter(caller -> !replaced.contains(caller.caller().start()))
                .filter(caller -> isMisaligned(caller, new HashSet<>())).toList();
        if (!found.isEmpty()) {
            findings.add(
                    finding("callers of " + each.function() + " call it with a stack that is not aligned to 16 bytes, "
                            + "which its old code does not mind, and the new code may: "
                            + shown(found.stream().map(this::nameOf).distinct().toList()) + " (the call at "
                            + new LinkAddress(found.getFirst().site()) + ")", found));
        }
    }

    /** Whether the stack pointer can be 8 bytes off a multiple of 16 at a call, or off its place at an entry for a jump. */
    private boolean isMisaligned(Caller caller, Set<Long> seen) {
        FunctionFlow flow = caller.caller();
        FrameFlow frame = old.frame(flow);
        OptionalInt aligned = frame.alignedDepth(caller.site());
        OptionalInt depth = frame.depth(caller.site());
        if (aligned.isPresent()) {
            return flow.isCall(caller.site()) && aligned.getAsInt() % 16 != 0;
        }
        if (depth.isEmpty()) {
            return false;
        }
        // At its entry the stack pointer is 8 below a multiple of 16 (psABI, section 3.2.2).
        boolean keeps = flow.isCall(caller.site()) ? (depth.getAsInt() + 8) % 16 == 0 : depth.getAsInt() % 16 == 0;
        return !keeps || isEnteredMisaligned(flow, seen);
    }

    private boolean isEnteredMisaligned(FunctionFlow flow, Set<Long> seen) {
        return seen.add(flow.start()) && seen.size() < FURTHEST && !old.summary(flow.start()).needsAlignment()
                && callers.of(flow.start()).stream().anyMatch(caller -> isMisaligned(caller, seen));
    }

    // Text

    private Finding finding(String message, List<Caller> found) {
        Set<String> names = new LinkedHashSet<>();
        Set<SourceLine> places = new LinkedHashSet<>();
        for (Caller caller : found) {
            names.add(nameOf(caller));
            target.info().line(new LinkAddress(caller.site())).ifPresent(places::add);
        }
        return new Finding(Check.CONVENTION, message, places.stream().limit(SHOWN).toList(),
                List.of(new Remedy.Elsewhere("replace as well: " + shown(List.copyOf(names))),
                        new Remedy.AllowCheck(Check.CONVENTION)));
    }

    private static String shown(List<String> items) {
        return items.stream().limit(SHOWN).collect(Collectors.joining("; "))
                + (items.size() > SHOWN ? "; and " + (items.size() - SHOWN) + " more" : "");
    }

    private String nameOf(Caller caller) {
        LinkAddress place = new LinkAddress(caller.site());
        return target.info().symbolContaining(place).or(() -> target.elf().symbolContaining(place)).map(ElfSymbol::name)
                .orElse("the function at " + new LinkAddress(caller.caller().start()));
    }
}
