package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.EnumLayout;
import dev.pulpo.elf.dwarf.QualifiedType;
import dev.pulpo.elf.dwarf.StructLayout;
import dev.pulpo.elf.dwarf.TypeLayout;
import dev.pulpo.elf.dwarf.TypedefLayout;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The layout of types that patch and target both have. */
final class LayoutCheck {
    private final CodeFacts target;
    private final CodeFacts patch;

    private LayoutCheck(CodeFacts target, CodeFacts patch) {
        this.target = target;
        this.patch = patch;
    }

    static List<Finding> run(CodeFacts target, CodeFacts patch) {
        return new LayoutCheck(target, patch).run();
    }

    private List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        for (QualifiedType wanted : patch.info().types()) {
            TypeLayout replacement = wanted.type();
            List<TypeLayout> old = target.info().types(wanted).stream()
                    .filter(other -> other.getClass().equals(replacement.getClass())).toList();
            List<TypeLayout> sameFile = old.stream().filter(other -> isSameFile(other, replacement)).toList();
            List<TypeLayout> counting = sameFile.isEmpty() ? old : sameFile;
            if (!counting.isEmpty() && counting.stream().noneMatch(other -> difference(other, replacement).isEmpty())) {
                TypeLayout first = counting.getFirst();
                findings.add(new Finding(Check.LAYOUT, replacement.name() + " is not what it is in the target: "
                        + difference(first, replacement).orElse(""),
                        Stream.of(first, replacement).flatMap(type -> type.declaration().stream()).toList()));
            }
        }
        return findings.stream().distinct().toList();
    }

    private static boolean isSameFile(TypeLayout a, TypeLayout b) {
        return a.declaration().isPresent() && b.declaration().isPresent()
                && fileName(a.declaration().get().file()).equals(fileName(b.declaration().get().file()));
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** In words; empty where there is none. Types that members have are compared by themselves, if they have names. */
    private Optional<String> difference(TypeLayout old, TypeLayout replacement) {
        if (old.size() != replacement.size() && !isOpen(old) && !isOpen(replacement)) {
            return Optional.of("it has " + replacement.size() + " bytes instead of " + old.size());
        }
        return switch (replacement) {
            case StructLayout struct -> difference((StructLayout) old, struct);
            case EnumLayout values -> difference((EnumLayout) old, values);
            case TypedefLayout alias -> {
                String meant = ((TypedefLayout) old).type();
                yield isSameType(meant, alias.type())
                        ? Optional.empty()
                        : Optional.of("it is " + alias.type() + " instead of " + meant);
            }
        };
    }

    /** Another name for a type that only the other side describes, as for a struct that it only points to. */
    private static boolean isOpen(TypeLayout type) {
        return type instanceof TypedefLayout && type.size() == 0;
    }

    private Optional<String> difference(StructLayout old, StructLayout replacement) {
        for (int i = 0; i < Math.max(old.members().size(), replacement.members().size()); i++) {
            if (i >= old.members().size()) {
                return Optional.of("its member " + replacement.members().get(i).name() + " is new");
            }
            StructLayout.Member was = old.members().get(i);
            if (i >= replacement.members().size()) {
                return Optional.of("its member " + was.name() + " is missing");
            }
            StructLayout.Member is = replacement.members().get(i);
            if (!isSame(was, is)) {
                return Optional.of(text(is) + " instead of " + text(was));
            }
        }
        return Optional.empty();
    }

    private boolean isSame(StructLayout.Member a, StructLayout.Member b) {
        return a.name().equals(b.name()) && isSameType(a.type(), b.type()) && a.bitOffset() == b.bitOffset()
                && a.bitSize() == b.bitSize() && a.bitField() == b.bitField();
    }

    private boolean isSameType(String old, String replacement) {
        return old.equals(replacement) || SignatureCheck.canonical(target.info(), old)
                .equals(SignatureCheck.canonical(patch.info(), replacement));
    }

    private static String text(StructLayout.Member member) {
        String bit = member.bitField() ? " bit " + member.bitOffset() % Byte.SIZE + " of " + member.bitSize() : "";
        return (member.type() + " " + member.name()).strip() + " at offset " + member.offset() + bit;
    }

    private static Optional<String> difference(EnumLayout old, EnumLayout replacement) {
        for (EnumLayout.Value value : replacement.values()) {
            Optional<EnumLayout.Value> was = old.values().stream()
                    .filter(other -> other.name().equals(value.name())).findFirst();
            if (was.isEmpty()) {
                return Optional.of("its constant " + value.name() + " is new");
            }
            if (was.get().number() != value.number()) {
                return Optional.of(
                        value.name() + " is " + value.number() + " instead of " + was.get().number());
            }
        }
        return old.values().size() == replacement.values().size()
                ? Optional.empty()
                : Optional.of("it lacks constants of the target");
    }
}
