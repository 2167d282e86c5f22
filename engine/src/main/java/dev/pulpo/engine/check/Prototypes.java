package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.engine.check.ValueClasses.Kind;
import dev.pulpo.engine.check.ValueClasses.ValueClass;
import dev.pulpo.x86.RegisterSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** In which registers arguments are passed, by the prototypes in debug information (psABI, section 3.2.3). */
final class Prototypes {
    /**
     * Where arguments are.
     *
     * @param sure     the registers of the parameters that are named
     * @param possible registers of others that there may be
     * @param narrow   the registers of parameters that are too small for addresses
     * @param places   for each parameter the registers of its eightbytes, none for one on the stack; of no parameter if the
     *                 place of one is not known
     * @param words    how many words there are on the stack; empty if that is not known
     */
    record Passed(RegisterSet sure, RegisterSet possible, RegisterSet narrow, List<List<RegisterSet>> places,
            OptionalInt words) {
        Passed {
            places = List.copyOf(places);
        }
    }

    private static final int VECTORS = 8;
    /** {@code rax} and {@code rdx}. */
    private static final List<Integer> RESULTS = List.of(0, 2);

    private final CodeFacts facts;
    private final ValueClasses classes;
    private final Map<Long, String> slots = new HashMap<>();

    Prototypes(CodeFacts facts) {
        this.facts = facts;
        this.classes = new ValueClasses(facts);
        Stream.concat(facts.elf().pltRelocations().stream(), facts.elf().dynamicRelocations().stream())
                .filter(relocation -> relocation.symbolIndex() > 0
                        && relocation.symbolIndex() < facts.elf().dynamicSymbols().size())
                .forEach(relocation -> {
                    ElfSymbol symbol = facts.elf().dynamicSymbols().get(relocation.symbolIndex());
                    slots.put(relocation.offset().value(), symbol.name());
                });
    }

    /** What is passed to the function whose address the loader writes into a slot. */
    Optional<Passed> ofSlot(long slot) {
        String name = slots.get(slot);
        return name == null || !facts.isDescribed()
                ? Optional.empty()
                : facts.info().functions(name).stream().findFirst().flatMap(this::of);
    }

    /** What a function is passed. */
    Optional<Passed> of(FunctionInfo function) {
        return parse(function.signature());
    }

    /** Where a function returns its result. */
    RegisterSet result(FunctionInfo function) {
        String signature = function.signature();
        String type = classes.resolved(signature.substring(0, Math.max(0, signature.indexOf(" ("))));
        if (type.equals("void") || isOfX87(type)) {
            return RegisterSet.NONE;
        }
        Optional<ValueClass> result = classes.of(type);
        if (result.isEmpty()) {
            return RegisterSet.RESULT.or(RegisterSet.SECOND_RESULT);
        }
        Assignment places = new Assignment(RESULTS, 2);
        // Of a result in memory, its address.
        places.add(result.get().isInMemory() ? ValueClass.of(Kind.GENERAL) : result.get());
        return places.sure;
    }

    /** Whether values of a type are returned in registers of the x87. */
    private static boolean isOfX87(String type) {
        return type.endsWith("long double");
    }

    private Optional<Passed> parse(String signature) {
        int open = signature.indexOf(" (");
        if (open < 0 || !signature.endsWith(")")) {
            return Optional.empty();
        }
        String type = signature.substring(0, open);
        String resolved = classes.resolved(type);
        Optional<ValueClass> result = classes.of(type).filter(known -> !isOfX87(resolved));
        boolean resultKnown = result.isPresent() || resolved.equals("void") || isOfX87(resolved);
        Assignment places = new Assignment(RegisterSet.ARGUMENTS, VECTORS);
        // The address of a result in memory takes the first register.
        boolean hasAddress = result.filter(ValueClass::isInMemory).isPresent();
        if (hasAddress) {
            places.add(ValueClass.of(Kind.GENERAL));
        }
        boolean known = true;
        for (String parameter : parameters(signature.substring(open + 2, signature.length() - 1))) {
            Optional<ValueClass> value = classes.of(parameter);
            if (value.isPresent()) {
                places.add(value.get());
                places.narrow = classes.isNarrow(parameter) ? places.narrow.or(places.last()) : places.narrow;
            } else if (!parameter.equals("void")) {
                known = false;
                break;
            }
        }
        // A result that may be in memory may take one register more, and push the last argument out.
        RegisterSet further = known && resultKnown
                ? RegisterSet.NONE
                : known ? places.nextGeneral() : RegisterSet.PASSED.minus(places.sure);
        int words = places.bytes / Long.BYTES + (!resultKnown && further.isEmpty() ? 1 : 0);
        boolean placed = resultKnown && (known || signature.endsWith("...)"));
        return Optional.of(new Passed(places.sure, further, places.narrow,
                placed ? places.places.subList(hasAddress ? 1 : 0, places.places.size()) : List.of(),
                known ? OptionalInt.of(words) : OptionalInt.empty()));
    }

    /** Gives registers, and words of the stack, to parameters in their order. */
    private static final class Assignment {
        private final List<Integer> registers;
        private final int vectorRegisters;
        private final List<List<RegisterSet>> places = new ArrayList<>();
        private RegisterSet sure = RegisterSet.NONE;
        private RegisterSet narrow = RegisterSet.NONE;
        private int general;
        private int vectors;
        private int bytes;

        Assignment(List<Integer> registers, int vectorRegisters) {
            this.registers = registers;
            this.vectorRegisters = vectorRegisters;
        }

        RegisterSet last() {
            return places.getLast().stream().reduce(RegisterSet.NONE, RegisterSet::or);
        }

        void add(ValueClass value) {
            int wantedGeneral = Collections.frequency(value.words(), Kind.GENERAL);
            int wantedVectors = Collections.frequency(value.words(), Kind.VECTOR);
            if (value.isInMemory() || general + wantedGeneral > registers.size()
                    || vectors + wantedVectors > vectorRegisters) {
                bytes = (bytes + value.alignment() - 1) / value.alignment() * value.alignment()
                        + (value.size() + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
                places.add(List.of());
                return;
            }
            List<RegisterSet> words = new ArrayList<>();
            for (Kind kind : value.words()) {
                words.add(kind == Kind.GENERAL
                        ? RegisterSet.general(registers.get(general++))
                        : RegisterSet.vector(vectors++));
                sure = sure.or(words.getLast());
            }
            places.add(words);
        }

        /** The next general register, if there is one. */
        RegisterSet nextGeneral() {
            return general < registers.size() ? RegisterSet.general(registers.get(general)) : RegisterSet.NONE;
        }
    }

    static List<String> parameters(String text) {
        List<String> parameters = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '(' || c == '<') {
                depth++;
            } else if (c == ')' || c == '>') {
                depth--;
            } else if (c == ',' && depth == 0) {
                parameters.add(text.substring(from, i).strip());
                from = i + 1;
            }
        }
        String last = text.substring(from).strip();
        if (!last.isEmpty()) {
            parameters.add(last);
        }
        return parameters;
    }
}
