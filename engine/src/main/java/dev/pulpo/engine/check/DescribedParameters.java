package dev.pulpo.engine.check;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.LocalVariable;
import dev.pulpo.elf.dwarf.LocationEntry;
import dev.pulpo.elf.dwarf.SourceScope;
import dev.pulpo.elf.expression.Opcode;
import dev.pulpo.elf.expression.Operation;
import dev.pulpo.x86.RegisterSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where the parameters of a function are when it begins, by the debug information of its object (DWARF 5, 2.6). */
final class DescribedParameters {
    /** DWARF numbers of the general registers, by their number in instructions (psABI, figure 3.36). */
    private static final List<Integer> DWARF = List.of(0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15);
    private static final int XMM0 = 17;
    private static final int XMM15 = 32;

    /**
     * A parameter.
     *
     * @param words   the register of each of its eightbytes; no register for one in memory; empty for one that is not known
     *                to be anywhere; the last counts for all that follow
     * @param removed whether the compiler says that it has removed the parameter
     */
    record Parameter(String name, List<Optional<RegisterSet>> words, boolean removed) {
        Parameter {
            words = List.copyOf(words);
        }

        Optional<RegisterSet> word(int number) {
            return words.get(Math.min(number, words.size() - 1));
        }
    }

    private final CodeFacts facts;

    DescribedParameters(CodeFacts facts) {
        this.facts = facts;
    }

    /** The parameters of the function at an entry, in their order. */
    List<Parameter> of(LinkAddress entry) {
        List<SourceScope> scopes = facts.info().scopes(entry);
        return scopes.isEmpty()
                ? List.of()
                : scopes.getLast().variables().stream().filter(LocalVariable::parameter)
                        .map(variable -> parameter(variable, entry)).toList();
    }

    /** The registers in which a function is described to have parameters. */
    RegisterSet registers(LinkAddress entry) {
        return of(entry).stream().flatMap(parameter -> parameter.words().stream()).flatMap(Optional::stream)
                .reduce(RegisterSet.NONE, RegisterSet::or);
    }

    private static Parameter parameter(LocalVariable variable, LinkAddress entry) {
        List<List<Operation>> locations = variable.locations().stream().filter(each -> each.covers(entry))
                .map(LocationEntry::expression).filter(expression -> !expression.isEmpty())
                .map(expression -> List.copyOf(expression.operations())).toList();
        boolean removed = locations.stream().flatMap(List::stream)
                .anyMatch(operation -> operation.opcode() == Opcode.GNU_PARAMETER_REF);
        return new Parameter(variable.name(),
                locations.isEmpty() ? List.of(Optional.empty()) : words(locations.getFirst()), removed);
    }

    private static List<Optional<RegisterSet>> words(List<Operation> operations) {
        List<Optional<RegisterSet>> words = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            if (operation.opcode() == Opcode.PIECE || operation.opcode() == Opcode.BIT_PIECE) {
                // The first piece of an eightbyte tells where it is.
                if (bytes % Long.BYTES == 0) {
                    words.add(place(operations.subList(from, i)));
                }
                bytes += operation.opcode() == Opcode.PIECE ? operation.first() : operation.first() / Byte.SIZE;
                for (long next = words.size() * (long) Long.BYTES; next < bytes
                        && words.size() < 8; next += Long.BYTES) {
                    words.add(words.getLast());
                }
                from = i + 1;
            }
        }
        if (words.isEmpty()) {
            words.add(place(operations));
        }
        return words;
    }

    /** The register that a simple location names; no register if it is in memory; empty if it is neither. */
    private static Optional<RegisterSet> place(List<Operation> operations) {
        if (operations.isEmpty()) {
            return Optional.empty();
        }
        Operation first = operations.getFirst();
        boolean isValue = operations.stream().anyMatch(operation -> operation.opcode() == Opcode.STACK_VALUE
                || operation.opcode() == Opcode.IMPLICIT_VALUE);
        int register = (int) first.register();
        return switch (first.opcode()) {
            case REG -> Optional.of(register >= XMM0 && register <= XMM15
                    ? RegisterSet.vector(register - XMM0)
                    : DWARF.contains(register) ? RegisterSet.general(DWARF.indexOf(register)) : RegisterSet.NONE);
            case FBREG, BREG, CALL_FRAME_CFA -> isValue ? Optional.empty() : Optional.of(RegisterSet.NONE);
            default -> Optional.empty();
        };
    }
}
