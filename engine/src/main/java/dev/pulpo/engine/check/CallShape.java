package dev.pulpo.engine.check;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.LocalVariable;
import dev.pulpo.elf.dwarf.SourceScope;
import dev.pulpo.x86.FunctionFlow;
import dev.pulpo.x86.StackUse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * How a function is called: what calls pass on the stack, and the declared types. For code that calls the function from a frame
 * of its own, with a copy of what is on the stack.
 */
public final class CallShape {
    /** How much calls pass on the stack. */
    public sealed interface Stack {
        /** So many words of eight bytes. */
        record Words(int count) implements Stack {}

        /** It is not known; whoever knows the function may. */
        record Unknown(String reason) implements Stack {}

        /** The function cannot be called from another frame. */
        record Bound(String reason) implements Stack {}
    }

    /** The code of the process that the function may go on to. Addresses are those of the process. */
    public interface Surroundings {
        /**
         * An object in the process.
         *
         * @param bias what its link addresses are moved by
         */
        record Place(CodeFacts facts, long bias) {}

        /** The object that an address is in. */
        Optional<Place> at(long address);

        /** The function whose address the loader puts into a slot; empty if that is not known, or others write there. */
        OptionalLong target(long slot);
    }

    /**
     * The declaration.
     *
     * @param names      of the parameters, as many as are known
     * @param parameters their types, with typedefs resolved; {@code ...} at the end of those of a variadic function
     * @param result     the type of the result
     */
    public record Declared(List<String> names, List<String> parameters, String result) {
        public Declared {
            names = List.copyOf(names);
            parameters = List.copyOf(parameters);
        }
    }

    /** Functions that return once more than they are called, into a frame that is no more by then. */
    private static final Set<String> RETURN_TWICE = Set.of("setjmp", "_setjmp", "sigsetjmp", "__sigsetjmp", "__setjmp",
            "vfork", "__vfork", "getcontext", "__getcontext");
    /** Variadic functions of the C library that take at most six words (POSIX, and the manual pages of Linux). */
    private static final Set<String> IN_REGISTERS = Set.of("open", "open64", "openat", "openat64", "__open", "__open64",
            "__openat", "__openat64", "fcntl", "fcntl64", "__fcntl", "ioctl", "__ioctl", "prctl", "__prctl", "mremap",
            "mq_open", "sem_open", "semctl", "ptrace", "ulimit");

    private final Surroundings process;
    private final Surroundings.Place place;
    private final CodeFacts facts;
    private final Routines routines;
    private final Map<CodeFacts, Routines> others = new HashMap<>();
    private final LinkAddress entry;
    private final String name;
    private final boolean external;

    /**
     * @param place    the object that the function is in
     * @param entry    of the function
     * @param name     its symbol, without a version; empty where it has none
     * @param external whether other objects or units can call it, so that its callers keep to the ABI
     */
    public CallShape(Surroundings process, Surroundings.Place place, LinkAddress entry, String name, boolean external) {
        this.process = process;
        this.place = place;
        this.facts = place.facts();
        this.routines = new Routines(facts);
        this.entry = entry;
        this.name = name;
        this.external = external;
    }

    /** What the code proves; where it proves nothing, what the declaration says. */
    public Stack stack() {
        if (RETURN_TWICE.contains(name)) {
            return new Stack.Bound("it may return a second time, when the frame is gone from which it was called");
        }
        return switch (StackUse.of(entry.value() + place.bias(), new MachineCode())) {
            case StackUse.Result.Proven proven -> new Stack.Words(proven.bytes() / Long.BYTES);
            case StackUse.Result.Bound bound -> new Stack.Bound(bound.reason());
            case StackUse.Result.Unproven unproven -> declaredWords().<Stack>map(Stack.Words::new)
                    .orElseGet(() -> new Stack.Unknown("how much calls pass on the stack is not known: "
                            + unproven.reason()));
        };
    }

    /** The machine code, at the addresses of the process. */
    private final class MachineCode implements StackUse.Code {
        @Override
        public Optional<FunctionFlow> around(long address) {
            return process.at(address).flatMap(found -> routines(found).around(address - found.bias())
                    .map(flow -> found.bias() == 0 ? flow : flow.movedBy(found.bias())));
        }

        @Override
        public OptionalLong slot(long address) {
            Optional<Surroundings.Place> found = process.at(address);
            OptionalLong slot = found.isEmpty()
                    ? OptionalLong.empty()
                    : routines(found.get()).slot(address - found.get().bias());
            return slot.isEmpty() ? slot : OptionalLong.of(slot.getAsLong() + found.get().bias());
        }

        @Override
        public OptionalLong target(long slot) {
            return process.target(slot);
        }

        private Routines routines(Surroundings.Place found) {
            return found.facts().equals(facts) ? routines : others.computeIfAbsent(found.facts(), Routines::new);
        }
    }

    private Optional<Integer> declaredWords() {
        if (external && IN_REGISTERS.contains(name)) {
            return Optional.of(0);
        }
        Optional<FunctionInfo> function = external ? facts.functionEnteredAt(entry) : Optional.empty();
        return function.flatMap(routines.prototypes()::of).map(Prototypes.Passed::words)
                .filter(OptionalInt::isPresent).map(OptionalInt::getAsInt);
    }

    /** What debug information says of it. */
    public Optional<Declared> declared() {
        return facts.functionEnteredAt(entry).filter(function -> !function.signature().isEmpty()).flatMap(function -> {
            String signature = SignatureCheck.resolved(facts.info(), function.signature());
            int open = signature.indexOf(" (");
            return open < 0 || !signature.endsWith(")")
                    ? Optional.empty()
                    : Optional.of(new Declared(names(), types(signature.substring(open + 2, signature.length() - 1)),
                            signature.substring(0, open)));
        });
    }

    private static List<String> types(String text) {
        List<String> types = new ArrayList<>(Prototypes.parameters(text));
        types.removeIf(type -> type.isEmpty() || type.equals("void"));
        return types;
    }

    private List<String> names() {
        List<SourceScope> scopes = facts.info().scopes(entry);
        return scopes.isEmpty()
                ? List.of()
                : scopes.getLast().variables().stream().filter(LocalVariable::parameter).map(LocalVariable::name)
                        .toList();
    }
}
