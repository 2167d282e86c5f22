package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.engine.check.Callers.Caller;
import dev.pulpo.engine.check.DescribedParameters.Parameter;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.x86.FunctionFlow;
import dev.pulpo.x86.RegisterSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether the direct callers of a function pass what its replacement reads. GCC's {@code -fipa-sra} and
 * {@code -fipa-cp-clone}, and clang's elimination of dead arguments and promotion of pointers, leave arguments out, move the
 * others to their registers, or pass what a pointer leads to. Debug information tells: a parameter that is not where the ABI
 * has it when the function begins was not passed as the ABI says. Without it, an argument counts as passed if the old function
 * reads its register, or, of a function that the compiler does not know all callers of, if these set it for the call. The names
 * that gcc gives to copies ({@code .isra.0}) are evidence as well.
 */
final class ArgumentCheck {
    /** How many functions are looked at for who passes a register on. */
    private static final int FURTHEST = 64;

    /** Of gcc and of LLVM's specialisation of functions. */
    private static final Predicate<String> WITH_OTHER_PARAMETERS = Pattern
            .compile("[.](?:isra|constprop|part|specialized)(?:[.]|$)").asPredicate();

    private final CodeFacts target;
    private final CodeFacts patch;
    private final Routines old;
    private final Routines replacement;
    private final Callers callers;
    private final DescribedParameters described;
    /** Where global symbols of the target are; null until somebody asks. */
    private @Nullable Set<LinkAddress> global;

    ArgumentCheck(CodeFacts target, CodeFacts patch, Routines old, Routines replacement, Callers callers) {
        this.target = target;
        this.patch = patch;
        this.old = old;
        this.replacement = replacement;
        this.callers = callers;
        this.described = new DescribedParameters(target);
    }

    /** What the replacement is declared to be passed. */
    private Optional<Prototypes.Passed> declared(ReplacedFunction each) {
        return patch.functionEnteredAt(each.replacementAddress()).flatMap(replacement.prototypes()::of);
    }

    /**
     * The arguments that the replacement reads, or may read. Without its prototype just those that it reads itself: an
     * unknown function that it calls might read all. What an argument leads to it may read for nothing, and fault.
     */
    private RegisterSet read(ReplacedFunction each) {
        long address = each.replacementAddress().value();
        return declared(each)
                .map(passed -> replacement.possiblyNeeded(address).and(passed.sure().or(passed.possible())))
                .orElseGet(() -> replacement.needed(address))
                .or(replacement.uses(address).map(FunctionFlow.Uses::dereferenced).orElse(RegisterSet.NONE))
                .and(RegisterSet.PASSED);
    }

    /**
     * Why the callers do not pass what the replacement reads; empty if nothing says so.
     *
     * @param callers of the old function
     */
    Optional<String> objection(ReplacedFunction each, List<Caller> callers) {
        Optional<FunctionInfo> function = target.functionEnteredAt(each.address());
        List<Parameter> parameters = function.map(known -> described.of(each.address())).orElse(List.of());
        Optional<Prototypes.Passed> passed = function.flatMap(old.prototypes()::of);
        if (passed.isPresent() && parameters.size() == passed.get().places().size()) {
            return byDescription(each, callers, parameters, passed.get().places());
        }
        RegisterSet read = read(each);
        if (hasParametersOfItsOwn(each) && !read.isEmpty()) {
            return Optional.of("by its name the compiler has given " + each.function()
                    + " other parameters than the source has, and the new code reads " + read);
        }
        RegisterSet pointers = promoted(each);
        if (!pointers.isEmpty()) {
            return Optional.of("of the old code and the new one, one takes " + pointers
                    + " for an address, and the other for a number");
        }
        RegisterSet numbers = numbers(each, callers);
        if (!numbers.isEmpty()) {
            return Optional.of("the new code takes " + numbers + " for an address, and callers pass a number there");
        }
        RegisterSet fresh = read.minus(old.needed(each.address().value()));
        boolean isOpen = isOpen(each.address());
        if (!isOpen && hasStackParameters(each)) {
            return Optional.of(
                    "the new code reads arguments on the stack; what callers pass there cannot be known without debug "
                            + "information, because the compiler has seen all of them");
        }
        if (isOpen) {
            return unset(fresh, callers).map(caller -> "the new code reads " + fresh
                    + " when it begins, which the old code does not, and callers do not set it");
        }
        if (!fresh.isEmpty()) {
            return Optional.of("the new code reads " + fresh
                    + " when it begins, which the old code does not; what callers "
                    + "pass there cannot be known without debug information, because the compiler has seen all of them");
        }
        RegisterSet followed = followed(each);
        if (!followed.isEmpty()) {
            return Optional.of("the new code takes " + followed
                    + " for an address; whether callers pass one there cannot be known "
                    + "without debug information, because the compiler has seen all of them");
        }
        return read.isEmpty() ? Optional.empty() : otherParameters(each, callers);
    }

    /** Whether the replacement is declared with parameters on the stack, and may read them. */
    private boolean hasStackParameters(ReplacedFunction each) {
        // Compilers leave the parameters of variadic functions alone.
        return declared(each).filter(passed -> passed.words().orElse(passed.places().isEmpty() ? 1 : 0) > 0).isPresent()
                && replacement.mayReadStack(each.replacementAddress().value());
    }

    /**
     * Whether code that the compiler has not seen may call a function, because it is global or its address is in memory: then it is
     * called by the ABI.
     */
    private boolean isOpen(LinkAddress entry) {
        return global().contains(entry)
                || old.index()
                        .pointerInto(new CodeIndex.Overwritten(entry.value() - 1, entry.value(), entry.value() + 1))
                        .isPresent();
    }

    private Set<LinkAddress> global() {
        Set<LinkAddress> known = global;
        if (known == null) {
            known = Stream.of(target.elf().dynamicSymbols(), target.elf().symbols(), target.info().symbols())
                    .flatMap(SymbolTable::stream)
                    .filter(symbol -> symbol.isDefined() && !symbol.binding().equals(SymbolBinding.LOCAL))
                    .map(ElfSymbol::address).collect(Collectors.toUnmodifiableSet());
            global = known;
        }
        return known;
    }

    /**
     * Whether the old function has other parameters than the replacement declares: where the compiler has left one out, or has
     * passed what one leads to, the others may be in its place.
     */
    private Optional<String> otherParameters(ReplacedFunction each, List<Caller> callers) {
        Optional<Prototypes.Passed> declared = declared(each);
        if (declared.isEmpty()) {
            return Optional.empty();
        }
        RegisterSet sure = declared.get().sure();
        RegisterSet undeclared = old.needed(each.address().value()).minus(sure).minus(declared.get().possible());
        if (!undeclared.isEmpty()) {
            return Optional.of("the old code reads " + undeclared.whole()
                    + " when it begins, where the new function is not declared with a parameter");
        }
        return sure.registers().stream()
                .filter(register -> callers.stream().anyMatch(caller -> isLeft(caller, register, new HashSet<>())))
                .findFirst().map(register -> "the new function is declared with a parameter in " + register
                        + ", and callers do not set it, so the others may be elsewhere");
    }

    /** Whether what a register has at a call was meant for nobody there, on some path. */
    private boolean isLeft(Caller caller, RegisterSet register, Set<Long> seen) {
        FunctionFlow.LeftBy left = caller.caller().leftBy(caller.site(), register, old);
        if (left.call() || !left.entry()) {
            return left.call();
        }
        long around = caller.caller().start();
        List<Caller> further = seen.size() < FURTHEST && seen.add(around) ? callers.of(around) : List.of();
        return !further.isEmpty() && further.stream().allMatch(each -> isLeft(each, register, seen));
    }

    /** Registers that one of both takes for addresses, and the other for numbers. */
    private RegisterSet promoted(ReplacedFunction each) {
        Optional<FunctionFlow.Uses> before = old.uses(each.address().value());
        Optional<FunctionFlow.Uses> after = replacement.uses(each.replacementAddress().value());
        if (before.isEmpty() || after.isEmpty()) {
            return RegisterSet.NONE;
        }
        RegisterSet oldAddresses = before.get().dereferenced();
        RegisterSet oldNumbers = before.get().scaled().or(old.needed(each.address().value()).whole()
                .minus(before.get().passedOn())).minus(oldAddresses);
        RegisterSet newNumbers = declared(each)
                .map(passed -> passed.narrow().or(passed.possible().isEmpty()
                        ? RegisterSet.PASSED.minus(passed.sure())
                        : RegisterSet.NONE))
                .orElse(RegisterSet.NONE);
        return after.get().dereferenced().and(oldNumbers).or(oldAddresses.and(newNumbers)).and(RegisterSet.PASSED);
    }

    /** Registers that the new code alone is seen to take for addresses. */
    private RegisterSet followed(ReplacedFunction each) {
        return old.uses(each.address().value()).flatMap(before -> replacement.uses(each.replacementAddress().value())
                .map(after -> after.dereferenced().minus(before.dereferenced()).and(RegisterSet.PASSED)))
                .orElse(RegisterSet.NONE);
    }

    /** Registers that the new code alone takes for addresses, and in which a caller has a small number. */
    private RegisterSet numbers(ReplacedFunction each, List<Caller> callers) {
        RegisterSet known = old.uses(each.address().value()).map(FunctionFlow.Uses::dereferenced)
                .orElse(RegisterSet.NONE);
        RegisterSet addresses = replacement.uses(each.replacementAddress().value())
                .map(FunctionFlow.Uses::dereferenced).orElse(RegisterSet.NONE).minus(known).and(RegisterSet.PASSED);
        return addresses.registers().stream()
                .filter(register -> callers.stream()
                        .anyMatch(caller -> caller.caller().isNumberFor(caller.site(), register)))
                .reduce(RegisterSet.NONE, RegisterSet::or);
    }

    private Optional<String> byDescription(ReplacedFunction each, List<Caller> callers, List<Parameter> parameters,
            List<List<RegisterSet>> places) {
        RegisterSet read = read(each);
        RegisterSet oldReads = old.needed(each.address().value()).or(old.possiblyNeeded(each.address().value()));
        for (int i = 0; i < places.size(); i++) {
            Parameter parameter = parameters.get(i);
            List<RegisterSet> words = places.get(i).isEmpty() ? List.of(RegisterSet.NONE) : places.get(i);
            for (int word = 0; word < words.size(); word++) {
                RegisterSet expected = words.get(word);
                Optional<RegisterSet> found = parameter.word(word);
                if (found.isPresent() && !found.get().isEmpty() && !found.get().equals(expected)) {
                    return Optional
                            .of("callers pass " + parameter.name() + " in " + found.get() + ", and the ABI has it "
                                    + (expected.isEmpty() ? "on the stack" : "in " + expected));
                }
                boolean isRead = expected.isEmpty()
                        ? replacement.mayReadStack(each.replacementAddress().value())
                        : read.meets(expected);
                if (found.isEmpty() && isRead
                        && (hasParametersOfItsOwn(each) || parameter.removed()
                                || expected.isEmpty() || oldReads.meets(expected)
                                || unset(expected, callers).isPresent())) {
                    return Optional.of("callers do not pass " + parameter.name()
                            + " as it is declared, because the compiler has seen that the old code can do without: the new "
                            + "code reads it " + (expected.isEmpty() ? "on the stack" : "in " + expected));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the compiler has changed the parameters of the old function, by its name, and not those of the new one. */
    private boolean hasParametersOfItsOwn(ReplacedFunction each) {
        return (WITH_OTHER_PARAMETERS.test(each.function()) || hasParametersOfItsOwn(each.address()))
                && !WITH_OTHER_PARAMETERS.test(each.replacement());
    }

    /**
     * Whether a name of a function of the target says that the compiler has changed its parameters: for copies and parts it leaves
     * some out, and passes what others lead to.
     */
    boolean hasParametersOfItsOwn(LinkAddress entry) {
        return target.elf().symbolContaining(entry).filter(symbol -> symbol.address().equals(entry))
                .filter(symbol -> WITH_OTHER_PARAMETERS.test(symbol.name())).isPresent();
    }

    /** The registers in which a function of the target is described to have parameters when it begins. */
    RegisterSet described(LinkAddress entry) {
        return described.registers(entry);
    }

    /** A caller that does not set one of the registers for its call. */
    private Optional<Caller> unset(RegisterSet registers, List<Caller> callers) {
        return callers.stream().filter(caller -> registers.registers().stream()
                .anyMatch(register -> !caller.caller().isSetFor(caller.site(), register, old, false, false)))
                .findFirst();
    }
}
