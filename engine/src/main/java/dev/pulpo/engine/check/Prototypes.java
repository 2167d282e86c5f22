package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.x86.RegisterSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** In which registers arguments are passed, by the prototypes in debug information (psABI, section 3.2.3). */
final class Prototypes {
    /**
     * The registers of arguments.
     *
     * @param sure     of the parameters that are named
     * @param possible of others that there may be
     * @param narrow   of parameters that are too small for addresses
     * @param places   the register of each parameter, none for one on the stack; of the parameters up to the first one
     *                 whose place is not known
     */
    record Passed(RegisterSet sure, RegisterSet possible, RegisterSet narrow, List<RegisterSet> places) {
        Passed {
            places = List.copyOf(places);
        }
    }

    private static final Set<String> INTEGERS = Set.of("char", "short", "int", "long", "unsigned", "signed", "_Bool",
            "bool",
            "__int8", "char8_t", "char16_t", "char32_t", "wchar_t", "enum", "const", "volatile");
    private static final int VECTORS = 8;

    private final CodeFacts facts;
    private final Map<Long, String> slots = new HashMap<>();

    Prototypes(CodeFacts facts) {
        this.facts = facts;
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
        return parse(SignatureCheck.resolved(facts.info(), function.signature()));
    }

    /** Where a function returns its result. */
    RegisterSet result(FunctionInfo function) {
        String signature = SignatureCheck.resolved(facts.info(), function.signature());
        String type = signature.substring(0, Math.max(0, signature.indexOf(" (")));
        return type.equals("void")
                ? RegisterSet.NONE
                : isVector(type)
                        ? RegisterSet.vector(0)
                        : isInteger(type) ? RegisterSet.general(0) : RegisterSet.RESULT.or(RegisterSet.SECOND_RESULT);
    }

    static Optional<Passed> parse(String signature) {
        int open = signature.indexOf(" (");
        if (open < 0 || !signature.endsWith(")")) {
            return Optional.empty();
        }
        RegisterSet sure = RegisterSet.NONE;
        RegisterSet narrow = RegisterSet.NONE;
        int integers = 0;
        int vectors = 0;
        boolean more = false;
        List<RegisterSet> places = new ArrayList<>();
        for (String type : parameters(signature.substring(open + 2, signature.length() - 1))) {
            if (type.equals("...")) {
                more = true;
            } else if (isVector(type)) {
                places.add(vectors < VECTORS ? RegisterSet.vector(vectors) : RegisterSet.NONE);
                sure = sure.or(places.getLast());
                vectors++;
            } else if (isInteger(type)) {
                places.add(integers < RegisterSet.ARGUMENTS.size()
                        ? RegisterSet.general(RegisterSet.ARGUMENTS.get(integers))
                        : RegisterSet.NONE);
                sure = sure.or(places.getLast());
                narrow = isNarrow(type) ? narrow.or(places.getLast()) : narrow;
                integers++;
            } else if (!type.equals("void")) {
                more = true;
                break;
            }
        }
        return Optional.of(new Passed(sure, more ? RegisterSet.PASSED.minus(sure) : RegisterSet.NONE,
                narrow, places));
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

    private static boolean isVector(String type) {
        return type.equals("double") || type.equals("float");
    }

    private static boolean isNarrow(String type) {
        return !type.contains("*") && !type.contains("&") && !type.contains("long");
    }

    private static boolean isInteger(String type) {
        if (type.contains("*") || type.contains("&")) {
            return true;
        }
        String first = type.contains(" ") ? type.substring(0, type.indexOf(' ')) : type;
        return INTEGERS.contains(first) && !type.contains("double") && !type.contains("int128")
                && !type.contains("complex");
    }
}
