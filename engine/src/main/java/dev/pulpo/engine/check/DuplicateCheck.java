package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.elf.dwarf.VariableInfo;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Variables that the patch has for itself, and the target as well: what one writes the other does not read. */
final class DuplicateCheck {
    private DuplicateCheck() {}

    static List<Finding> run(CodeFacts target, CodeFacts patch) {
        List<Finding> findings = new ArrayList<>();
        for (VariableInfo replacement : patch.info().variables()) {
            // Of what nobody writes a second copy is as good as the first.
            Optional<VariableInfo> old = replacement.type().startsWith("const ")
                    ? Optional.empty()
                    : target.info().variables(replacement.name()).stream()
                            .filter(other -> other.function().equals(replacement.function())
                                    && type(target, other).equals(type(patch, replacement)))
                            .findFirst();
            if (old.isPresent()) {
                findings.add(new Finding(Check.DUPLICATED, message(replacement),
                        Stream.of(old.get(), replacement).flatMap(each -> each.declaration().stream()).toList()));
            }
        }
        findings.addAll(compared(target, patch));
        return findings.stream().distinct().toList();
    }

    /**
     * The type of a variable, without qualifiers, and by one name for each base type: compilers differ in theirs. One of the
     * same name and another type or size is another variable: to share the target's would be to write beyond it.
     */
    private static String type(CodeFacts code, VariableInfo variable) {
        String plain = variable.type().replaceAll("\\b(const|volatile)\\b ?", "");
        return SignatureCheck.canonical(code.info(), plain);
    }

    /** Constants and strings of which the patch has a copy, and whose address the target compares. */
    static List<Finding> compared(CodeFacts target, CodeFacts patch) {
        AddressUses old = new AddressUses(target);
        AddressUses replacement = new AddressUses(patch);
        Set<String> texts = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (AddressUses.Use use : replacement.all()) {
            name(patch, use.constant()).ifPresentOrElse(names::add,
                    () -> replacement.text(use.constant()).ifPresent(texts::add));
        }
        List<Finding> findings = new ArrayList<>();
        if (names.isEmpty() && texts.isEmpty()) {
            return findings;
        }
        for (AddressUses.Use use : old.all()) {
            if (use.compared()) {
                Optional<String> name = name(target, use.constant());
                Optional<String> what = name.isPresent()
                        ? name.filter(names::contains)
                        : old.text(use.constant()).filter(texts::contains).map(text -> '"' + text + '"');
                what.ifPresent(text -> findings.add(new Finding(Check.DUPLICATED,
                        "the patch has a second copy of " + text
                                + ", and " + use.function().name()
                                + " of the target compares its address: to it, the copy is "
                                + "something else",
                        place(target, use.function()))));
            }
        }
        return findings;
    }

    private static List<SourceLine> place(CodeFacts code, ElfSymbol function) {
        return code.functionEnteredAt(function.address()).flatMap(FunctionInfo::declaration).stream().toList();
    }

    private static Optional<String> name(CodeFacts code, LinkAddress place) {
        return code.elf().symbolContaining(place).or(() -> code.info().symbols().containing(place))
                .filter(symbol -> symbol.type() == SymbolType.OBJECT)
                .map(symbol -> symbol.name().replaceFirst("[.][0-9]+$", ""));
    }

    private static String message(VariableInfo replacement) {
        return replacement.function()
                .map(function -> "the patch has a second copy of " + replacement.name() + ", a static variable of "
                        + function
                        + ": its value begins anew. Declare it extern, by the name that the target's symbol table has")
                .orElse("the patch has a second copy of the target's " + replacement.name()
                        + ": declare it extern in the patch");
    }
}
