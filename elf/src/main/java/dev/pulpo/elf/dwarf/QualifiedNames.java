package dev.pulpo.elf.dwarf;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Finds the qualified name of an entry, which stands nowhere: it follows from the entries around it. */
final class QualifiedNames {
    private QualifiedNames() {}

    /**
     * The name with those of the namespaces and classes around it, as {@code a::b::c}; those without a name are left out.
     * Reads the unit up to the entry.
     */
    static String of(EntryReader entry) {
        EntryReader declared = entry;
        OptionalLong origin = entry.reference(Dw.SPECIFICATION);
        if (origin.isPresent()) {
            declared = entry.other(origin.getAsLong());
        }
        long wanted = declared.reference();
        EntryReader reader = declared.unit().entries(entry.work());
        List<String> around = new ArrayList<>();
        while (reader.next()) {
            int depth = Math.max(reader.depth(), 0);
            while (around.size() > depth) {
                around.removeLast();
            }
            if (reader.reference() == wanted) {
                break;
            }
            String name = switch (reader.tag()) {
                case Dw.TAG_NAMESPACE, Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION ->
                    reader.string(Dw.NAME).orElse("");
                default -> "";
            };
            while (around.size() < depth) {
                around.add("");
            }
            around.add(name);
        }
        StringBuilder text = new StringBuilder();
        around.stream().filter(name -> !name.isEmpty()).forEach(name -> text.append(name).append("::"));
        return text.append(Names.withoutPlace(entry).name()).toString();
    }
}
