package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.FunctionVersions;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.x86.Decoder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The two versions of functions, instruction by instruction. */
public final class SideBySide {
    private static final int LONGEST_TEXT = 40;

    private final Comparison comparison;

    private SideBySide(Comparison comparison) {
        this.comparison = comparison;
    }

    /**
     * The versions of the functions of a name: those that differ in any way, and if none of the name does, those that are the
     * same.
     *
     * @param name as either build has it, or the link address in the old build, such as {@code 0x1234}
     */
    public static List<FunctionVersions> of(CodeFacts old, CodeFacts replacement, String name) {
        Comparison comparison = new Comparison(old, replacement);
        SideBySide sides = new SideBySide(comparison);
        TreeMap<Long, FunctionShape> different = new TreeMap<>(comparison.changed());
        different.putAll(comparison.lines());
        Map<Long, FunctionShape> all = new TreeMap<>();
        comparison.matcher().functions().forEach((start, was) -> all.put(start, comparison.old().shape(was)));
        List<FunctionVersions> found = sides.named(different, name);
        return found.isEmpty() ? sides.named(all, name) : found;
    }

    private List<FunctionVersions> named(Map<Long, FunctionShape> functions, String name) {
        return functions.entrySet().stream()
                .filter(entry -> Choice.isCalled(comparison, entry.getKey(), entry.getValue(), name)
                        || Choice.isReadAs(comparison, entry.getKey(), entry.getValue(), name))
                .map(entry -> versions(entry.getValue(), comparison.replacement().shape(entry.getKey()))).toList();
    }

    private FunctionVersions versions(FunctionShape was, FunctionShape is) {
        int[] pairs = Alignment.of(is.words(), was.words());
        List<FunctionVersions.Row> rows = new ArrayList<>();
        int before = 0;
        for (int i = 0; i < is.count(); i++) {
            Optional<FunctionVersions.Instruction> its = Optional.of(instruction(comparison.replacement(), is, i));
            if (pairs[i] < 0) {
                rows.add(new FunctionVersions.Row(Optional.empty(), its, false));
                continue;
            }
            for (; before < pairs[i]; before++) {
                rows.add(gone(was, before));
            }
            rows.add(new FunctionVersions.Row(Optional.of(instruction(comparison.old(), was, pairs[i])), its,
                    isSame(was, pairs[i], is, i, pairs)));
            before = pairs[i] + 1;
        }
        for (; before < was.count(); before++) {
            rows.add(gone(was, before));
        }
        return new FunctionVersions(was.function().name(), is.function().name(), rows);
    }

    private FunctionVersions.Row gone(FunctionShape was, int instruction) {
        return new FunctionVersions.Row(Optional.of(instruction(comparison.old(), was, instruction)), Optional.empty(),
                false);
    }

    private boolean isSame(FunctionShape was, int before, FunctionShape is, int after, int[] pairs) {
        int target = is.inner()[after];
        int oldTarget = was.inner()[before];
        boolean inside = target < 0 || oldTarget < 0
                ? target == oldTarget
                : target >= pairs.length || pairs[target] < 0 ? target >= pairs.length : pairs[target] == oldTarget;
        List<FunctionShape.Reference> one = references(was, before);
        List<FunctionShape.Reference> other = references(is, after);
        return inside && one.size() == other.size() && (one.isEmpty() || comparison.sameness().references(was,
                one.getFirst(), is, new FunctionShape.Reference(before, other.getFirst().kind(),
                        other.getFirst().target(), other.getFirst().size())));
    }

    private static List<FunctionShape.Reference> references(FunctionShape shape, int instruction) {
        return shape.references().stream().filter(each -> each.instruction() == instruction).toList();
    }

    private static FunctionVersions.Instruction instruction(CodeNames names, FunctionShape shape, int instruction) {
        LinkAddress address = new LinkAddress(shape.address(instruction));
        byte[] bytes = names.bytes(address.value(), Decoder.MAX_LENGTH);
        int length = new Decoder().decode(bytes, 0, bytes.length);
        return new FunctionVersions.Instruction(address, HexFormat.of().formatHex(bytes, 0, Math.max(1, length)),
                references(shape, instruction).stream().map(each -> meaning(names, each))
                        .collect(Collectors.joining(", ")),
                names.code().info().line(address));
    }

    private static String meaning(CodeNames names, FunctionShape.Reference reference) {
        long target = reference.target();
        Optional<String> imported = Optional.of(target).filter(names::isLinkerTable).or(() -> names.pltSlot(target))
                .flatMap(names::relocation).flatMap(names::symbol).map(ElfSymbol::name);
        Optional<ElfSymbol> symbol = names.containing(target);
        return imported.or(() -> symbol.map(found -> found.name() + (target == found.value()
                ? ""
                : String.format(Locale.ROOT, "+0x%x", target - found.value()))))
                .or(() -> text(names, target))
                .orElseGet(() -> String.format(Locale.ROOT, "0x%x", target));
    }

    private static Optional<String> text(CodeNames names, long address) {
        if (!names.isConstant(address)) {
            return Optional.empty();
        }
        byte[] bytes = names.bytes(address, LONGEST_TEXT);
        int length = 0;
        while (length < bytes.length && bytes[length] >= ' ' && bytes[length] < 0x7f) {
            length++;
        }
        boolean whole = length < bytes.length && bytes[length] == 0;
        return length < 2
                ? Optional.empty()
                : Optional.of('"' + RawText.decode(bytes, 0, length) + (whole
                        ? "\""
                        : "\"..."));
    }
}
