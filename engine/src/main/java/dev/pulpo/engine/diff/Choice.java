package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.engine.BuildDiff;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which of the functions that differ a patch has from the new build. Where some are chosen, those functions of the object's own
 * that they call and that have changed as well come along: how they are called may have changed with them. What source code
 * replaces does not.
 */
final class Choice {
    private final Comparison comparison;
    private final Set<Long> functions = new TreeSet<>(Long::compareUnsigned);
    private final List<String> notes = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();
    private final TreeMap<Long, FunctionShape> candidates = new TreeMap<>(Long::compareUnsigned);
    private final Set<Long> written;

    /** @param written the functions that source code replaces, by where they begin in the new build */
    Choice(Comparison comparison, BuildDiff.Selection selection, Set<Long> written) {
        this.comparison = comparison;
        this.written = written;
        candidates.putAll(comparison.changed());
        if (selection.only().isEmpty()) {
            functions.addAll(comparison.changed().keySet());
            comparison.changed().forEach(this::leaveMainOut);
        } else {
            candidates.putAll(comparison.lines());
            selection.only().forEach(name -> named(name, "taken from the new build").forEach(functions::add));
        }
        Set<Long> excluded = new TreeSet<>();
        selection.without().forEach(name -> excluded.addAll(named(name, "left out")));
        functions.removeAll(excluded);
        functions.removeIf(this::isWritten);
        if (!selection.only().isEmpty() || !selection.without().isEmpty()) {
            dependencies(excluded);
        }
    }

    /** A process is inside of it as long as it runs, so that the others would never be replaced. */
    private void leaveMainOut(long start, FunctionShape was) {
        FunctionShape is = comparison.replacement().shape(start);
        if (comparison.versions().areMain(was, is)) {
            functions.remove(start);
            leftOut.add("leaves " + was.function().name() + " out, at 0x" + Long.toHexString(was.start())
                    + ": it differs by a text with a version, and runs as long as the process");
        }
    }

    private List<Long> named(String name, String how) {
        List<Long> found = found(name);
        if (found.stream().anyMatch(this::isWritten)) {
            unknown.add(name + " is to be " + how + ", and an added source replaces it: only one of both can be");
        }
        return found;
    }

    /** Parts of a function go with it. */
    private boolean isWritten(long start) {
        return written.contains(start) || comparison.parts()
                .owner(comparison.replacement().shape(start).function())
                .filter(owner -> written.contains(owner.value()))
                .isPresent();
    }

    private List<Long> found(String name) {
        List<Long> found = candidates.entrySet().stream()
                .filter(entry -> isCalled(comparison, entry.getKey(), entry.getValue(), name)).map(Map.Entry::getKey)
                .toList();
        List<Long> readable = found.isEmpty() ? readable(name) : found;
        if (readable.isEmpty()) {
            unknown.add("no function that has changed is called " + name);
        } else if (found.isEmpty() && readable.size() > 1) {
            unknown.add("several functions that have changed are called " + name + ": "
                    + readable.stream().map(start -> comparison.replacement().shape(start).function().name())
                            .collect(Collectors.joining(", ")));
            return List.of();
        }
        return readable;
    }

    private List<Long> readable(String name) {
        return candidates.entrySet().stream()
                .filter(entry -> isReadAs(comparison, entry.getKey(), entry.getValue(), name)).map(Map.Entry::getKey)
                .toList();
    }

    /** Whether a name of C++ stands for a function of either build. */
    static boolean isReadAs(Comparison comparison, long start, FunctionShape was, String name) {
        return CxxNames.isCalled(was.function().name(), name)
                || CxxNames.isCalled(comparison.replacement().shape(start).function().name(), name);
    }

    /** Whether a name means a function: one of either build, or where it is in the old one. */
    static boolean isCalled(Comparison comparison, long start, FunctionShape was, String name) {
        String old = was.function().name();
        String is = comparison.replacement().shape(start).function().name();
        return name.equals(old) || name.equals(CodeNames.plain(old)) || name.equals(is)
                || name.equals("0x" + Long.toHexString(was.start()));
    }

    private void dependencies(Set<Long> excluded) {
        Deque<Long> waiting = new ArrayDeque<>(functions);
        while (!waiting.isEmpty()) {
            FunctionShape user = comparison.replacement().shape(waiting.pop());
            for (FunctionShape.Reference reference : user.references()) {
                Optional<ElfSymbol> used = comparison.replacement().shapeAt(reference.target())
                        .map(FunctionShape::function)
                        .filter(function -> comparison.changed().containsKey(function.value())
                                && function.binding() == SymbolBinding.LOCAL && !functions.contains(function.value())
                                && !isWritten(function.value()));
                used.ifPresent(function -> depends(user.function(), function, excluded, waiting));
            }
        }
    }

    private void depends(ElfSymbol user, ElfSymbol used, Set<Long> excluded, Deque<Long> waiting) {
        String name = comparison.matcher().of(used).orElse(used).name();
        if (excluded.contains(used.value())) {
            String note = user.name() + " uses " + name + ", which is left out: it uses what the old build has";
            if (!notes.contains(note)) {
                notes.add(note);
            }
        } else if (functions.add(used.value())) {
            notes.add("replaces " + name + " as well, because " + user.name() + " uses it");
            waiting.push(used.value());
        }
    }

    /** Where they begin in the new build. */
    Set<Long> functions() {
        return functions;
    }

    /** What came along. */
    List<String> notes() {
        return notes;
    }

    /** Functions that stay as they are although they differ, and why. */
    List<String> leftOut() {
        return leftOut;
    }

    /** What is wrong with names that mean none of them. */
    List<String> unknown() {
        return unknown;
    }
}
